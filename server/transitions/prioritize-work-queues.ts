import { workPoolNotFound } from "#server/domain/not-found.ts";
import type { QueuePriority } from "#server/domain/work-queue-priority.ts";
import { requireDistinctPlaces, requirePriority } from "#server/domain/work-queue.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import { lockPoolForChange } from "#server/store/work-pool-changes.ts";
import { readPriorities } from "#server/store/work-queues.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { placeQueues } from "./place-queues.ts";

/**
 * Gives some queues of a pool new places at once; the others keep their order and move down where
 * they would share one. Ids that are none of the pool's queues are ignored. Throws not_found for a
 * pool that is not there, invalid_argument if a queue or a place is given twice.
 */
export async function prioritizeWorkQueues(
  ctx: TransitionContext,
  workPoolName: string,
  places: readonly QueuePriority[],
): Promise<void> {
  requireStorableText("work_pool_name", workPoolName);
  for (const { priority } of places) requirePriority("priorities.priority", priority);
  requireDistinctPlaces("priorities", places);
  const workPoolId = await inTransaction(ctx.pool, async (tx) => {
    const pool = await lockPoolForChange(tx, workPoolName);
    if (pool === undefined) throw workPoolNotFound(workPoolName);
    const own = new Set((await readPriorities(tx, pool.id)).map(({ id }) => id));
    const known = places.filter(({ id }) => own.has(id));
    if (known.length > 0) await placeQueues(tx, pool, known);
    await notifyOnCommit(tx, ctx.wakeUps, "pool", [pool.id]);
    return pool.id;
  });
  ctx.wakeUps.emit("pool", workPoolId);
}
