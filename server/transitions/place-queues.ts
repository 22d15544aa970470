import type { QueuePriority } from "#server/domain/work-queue-priority.ts";
import { shiftPriorities } from "#server/domain/work-queue-priority.ts";
import { requirePriority } from "#server/domain/work-queue.ts";
import { insertEvents } from "#server/store/events.ts";
import type { Tx } from "#server/store/transaction.ts";
import { movePriorities } from "#server/store/work-queue-changes.ts";
import { type PoolOfQueue, workQueueUpdated } from "#server/store/work-queue-events.ts";
import { readPriorities } from "#server/store/work-queues.ts";

/**
 * Gives queues their places, and moves down who would share one, by as little as will do. Whoever
 * moves tells of it, but for `self`: that one its caller writes. The pool's queues are locked.
 */
export async function placeQueues(
  tx: Tx,
  pool: PoolOfQueue,
  places: readonly QueuePriority[],
  self?: string,
): Promise<void> {
  const queues = await readPriorities(tx, pool.id);
  const shifted = shiftPriorities(queues, places);
  const moves = queues.flatMap((queue) => {
    const to = shifted.get(queue.id);
    return to === undefined || queue.id === self ? [] : [{ ...queue, from: queue.priority, to }];
  });
  for (const { to } of moves) requirePriority("priority", to);
  await movePriorities(tx, moves);
  await insertEvents(
    tx,
    moves.flatMap(({ id, name, from, to }) =>
      workQueueUpdated({ id, name }, pool, { priority: { from, to } }),
    ),
  );
}
