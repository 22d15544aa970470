import { AGENT_POOL_NAME } from "#server/domain/work-pool.ts";
import { AppError } from "#shared/errors.ts";
import type { TransitionContext } from "./context.ts";
import { createWorkPool, type CreateWorkPoolInput } from "./create-work-pool.ts";

/** Creates a pool unless there is one of that name, whatever it is like. */
export async function ensureWorkPool(
  ctx: TransitionContext,
  input: CreateWorkPoolInput,
): Promise<void> {
  try {
    await createWorkPool(ctx, input);
  } catch (error) {
    if (!(error instanceof AppError && error.reason === "already_exists")) throw error;
  }
}

/** The pool of queues that were named without a pool is there when this has returned. */
export function ensureAgentPool(ctx: TransitionContext): Promise<void> {
  return ensureWorkPool(ctx, {
    name: AGENT_POOL_NAME,
    type: "prefect-agent",
    description: "Work queues that were created without a work pool.",
    baseJobTemplate: "{}",
    isPaused: false,
    concurrencyLimit: null,
  });
}
