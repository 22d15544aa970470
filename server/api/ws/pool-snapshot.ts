import { writeJson } from "#server/api/rest/json-text.ts";
import { writeWorkPool } from "#server/api/rest/work-pool-schemas.ts";
import { workPoolNotFound } from "#server/domain/not-found.ts";
import { getWorkPool } from "#server/store/work-pools.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { isJsonObject } from "#shared/json.ts";

/** A pool as workers are told of it. */
export interface RenderedPool {
  readonly message: object;
  /** What workers go by, as text: where that is the same there is no news. */
  readonly content: string;
}

/** Reads a pool for its workers. Throws not_found. */
export async function renderPool(ctx: TransitionContext, name: string): Promise<RenderedPool> {
  const view = await getWorkPool(ctx.pool, name, ctx.numbers);
  if (view === undefined) throw workPoolNotFound(name);
  const message: unknown = JSON.parse(writeJson(writeWorkPool(view)));
  if (!isJsonObject(message)) throw new Error("a pool is written as an object");
  const { base_job_template, concurrency_limit, is_paused, storage_configuration } = message;
  const content = JSON.stringify([
    base_job_template,
    concurrency_limit,
    is_paused,
    storage_configuration,
  ]);
  return { message, content };
}
