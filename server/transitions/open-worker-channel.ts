import { workPoolNotFound, workQueueNotFound } from "#server/domain/not-found.ts";
import { DEFAULT_QUEUE_NAME } from "#server/domain/work-pool.ts";
import { findPolledQueues, type PolledQueue } from "#server/store/polls.ts";
import { findPoolOfWorkers, type PoolOfWorkers, type WorkerBeat } from "#server/store/workers.ts";
import { getWorkPool } from "#server/store/work-pools.ts";
import { AppError } from "#shared/errors.ts";
import type { JsonObject } from "#shared/json.ts";
import type { TransitionContext } from "./context.ts";
import { createWorkPool } from "./create-work-pool.ts";
import { recordWorkerHeartbeat } from "./record-worker-heartbeat.ts";
import { updateWorkPool } from "./update-work-pool.ts";

/** What a worker says when it opens its channel. */
export interface WorkerHello {
  readonly workPoolName: string;
  readonly worker: WorkerBeat & { readonly type: string };
  /** Empty: all queues of the pool. */
  readonly workQueueNames: readonly string[];
  readonly createPoolIfNotFound: boolean;
  /** What an empty template is filled with. */
  readonly baseJobTemplate: JsonObject;
}

/**
 * A worker opens its channel: its pool is made if it asks for that, an empty template filled, and the
 * worker known as alive. Nothing is made for one that names a queue there is not: throws not_found.
 */
export async function openWorkerChannel(
  ctx: TransitionContext,
  hello: WorkerHello,
): Promise<{ readonly workPoolId: string; readonly workQueues: readonly PolledQueue[] }> {
  const { workPoolName, workQueueNames, baseJobTemplate } = hello;
  const pool = await findOrCreate(ctx, hello);
  const names = workQueueNames.length === 0 ? null : workQueueNames;
  const workQueues = await findPolledQueues(ctx.pool, pool.id, names);
  const missing = workQueueNames.find((name) => !workQueues.some((queue) => queue.name === name));
  if (missing !== undefined) throw workQueueNotFound({ workPoolName, name: missing });
  const view = await getWorkPool(ctx.pool, workPoolName, ctx.numbers);
  if (view?.baseJobTemplate === "{}" && Object.keys(baseJobTemplate).length > 0) {
    const template = JSON.stringify(baseJobTemplate);
    await updateWorkPool(ctx, workPoolName, { baseJobTemplate: template });
  }
  await recordWorkerHeartbeat(ctx, workPoolName, hello.worker);
  return { workPoolId: pool.id, workQueues };
}

async function findOrCreate(ctx: TransitionContext, hello: WorkerHello): Promise<PoolOfWorkers> {
  const { workPoolName: name, workQueueNames, baseJobTemplate } = hello;
  const known = await findPoolOfWorkers(ctx.pool, name);
  if (known !== undefined) return known;
  if (!hello.createPoolIfNotFound) throw workPoolNotFound(name);
  // A new pool has one queue; looked at before the pool is made, so that none is made in vain.
  const missing = workQueueNames.find((queue) => queue !== DEFAULT_QUEUE_NAME);
  if (missing !== undefined) throw workQueueNotFound({ workPoolName: name, name: missing });
  try {
    await createWorkPool(ctx, {
      name,
      type: hello.worker.type,
      description: "",
      baseJobTemplate: JSON.stringify(baseJobTemplate),
      isPaused: false,
      concurrencyLimit: null,
    });
  } catch (error) {
    // Another worker was faster.
    if (!(error instanceof AppError && error.reason === "already_exists")) throw error;
  }
  const created = await findPoolOfWorkers(ctx.pool, name);
  if (created === undefined) throw workPoolNotFound(name);
  return created;
}
