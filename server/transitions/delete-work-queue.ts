import { insertEvents } from "#server/store/events.ts";
import { deleteWorkQueueRow, leaveQueue } from "#server/store/work-queue-changes.ts";
import { workQueueEvent } from "#server/store/work-queue-events.ts";
import { getWorkQueue } from "#server/store/work-queue-views.ts";
import { lockQueueDeletion, type WorkQueueKey } from "#server/store/work-queues.ts";
import { AppError } from "#shared/errors.ts";
import { changeWorkQueue, requireStorableKey } from "./change-work-queue.ts";
import type { TransitionContext } from "./context.ts";
import { leaveEndedRuns } from "./leave-ended-runs.ts";

/**
 * Deletes a queue. Deployments and runs stay, in no queue, so that nobody takes them; what holds a
 * slot goes on, and holds one of the pool's default queue instead. The priorities of the others stay
 * as they are. Throws not_found if there is no such queue, default_queue for the pool's default one.
 */
export async function deleteWorkQueue(ctx: TransitionContext, key: WorkQueueKey): Promise<void> {
  requireStorableKey(key);
  await leaveQueueBefore(ctx, key);
  await changeWorkQueue(ctx, key, lockQueueDeletion, async (tx, queue, pool) => {
    if (queue.id === pool.defaultQueueId) {
      throw new AppError(
        "default_queue",
        `'${queue.name}' is the default queue of work pool '${pool.name}' and stays as long as the ` +
          "pool; pause it to stop it, or delete the pool",
        { metadata: { work_pool: pool.name, work_queue: queue.name } },
      );
    }
    await deleteWorkQueueRow(tx, queue.id, pool.defaultQueueId);
    await insertEvents(tx, [workQueueEvent("deleted", queue, pool)]);
  });
}

/** See `leaveEndedRuns`. A default queue stays, and so do its runs. */
async function leaveQueueBefore(ctx: TransitionContext, key: WorkQueueKey): Promise<void> {
  const queue = await getWorkQueue(ctx.pool, key);
  if (queue === undefined || queue.isDefault) return;
  await leaveEndedRuns(ctx, (tx, after, count) => leaveQueue(tx, queue.id, after, count));
}
