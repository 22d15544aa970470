import type { Static } from "typebox";
import { workPoolNotFound, workQueueNotFound } from "#server/domain/not-found.ts";
import { getWorkPool } from "#server/store/work-pools.ts";
import { getWorkQueue, type WorkQueueView } from "#server/store/work-queue-views.ts";
import type { WorkQueueKey } from "#server/store/work-queues.ts";
import { createWorkQueue } from "#server/transitions/create-work-queue.ts";
import { updateWorkQueue } from "#server/transitions/update-work-queue.ts";
import type { RestContext } from "./context.ts";
import { readDateTime } from "./date-time.ts";
import type { WorkQueueCreate, WorkQueueUpdate } from "./work-queue-schemas.ts";

/** The queue of that key. Throws not_found for one, or for a pool, that there is not. */
export async function readWorkQueue(ctx: RestContext, key: WorkQueueKey): Promise<WorkQueueView> {
  const found = await getWorkQueue(ctx.transitions.pool, key);
  if (found !== undefined) return found;
  if ("workPoolName" in key) await requirePool(ctx, key.workPoolName);
  throw workQueueNotFound(key);
}

/** Throws not_found if there is no pool of that name. */
export async function requirePool(ctx: RestContext, name: string): Promise<void> {
  const { pool, numbers } = ctx.transitions;
  if ((await getWorkPool(pool, name, numbers)) === undefined) throw workPoolNotFound(name);
}

/** Creates what a body says in that pool. */
export async function createFromBody(
  ctx: RestContext,
  workPoolName: string,
  body: Static<typeof WorkQueueCreate>,
): Promise<WorkQueueView> {
  const id = await createWorkQueue(ctx.transitions, {
    workPoolName,
    name: body.name,
    description: body.description ?? "",
    isPaused: body.is_paused ?? false,
    concurrencyLimit: body.concurrency_limit ?? null,
    priority: body.priority ?? null,
  });
  return readWorkQueue(ctx, { id });
}

/** Changes what a body says. Null removes a limit or a last poll, and means nothing elsewhere. */
export async function updateFromBody(
  ctx: RestContext,
  key: WorkQueueKey,
  body: Static<typeof WorkQueueUpdate>,
): Promise<void> {
  if ("workPoolName" in key) await requirePool(ctx, key.workPoolName);
  const { last_polled: polled } = body;
  await updateWorkQueue(ctx.transitions, key, {
    name: body.name ?? undefined,
    description: body.description === null ? "" : body.description,
    isPaused: body.is_paused,
    concurrencyLimit: body.concurrency_limit,
    priority: body.priority ?? undefined,
    lastPolledAt: typeof polled === "string" ? readDateTime(polled) : polled,
  });
}
