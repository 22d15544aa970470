import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { deleteWorkQueueRow, leaveQueue } from "#server/store/work-queue-changes.ts";
import { workQueueEvent } from "#server/store/work-queue-events.ts";
import { getWorkQueue } from "#server/store/work-queue-views.ts";
import { lockQueueDeletion, type WorkQueueKey } from "#server/store/work-queues.ts";
import { AppError } from "#shared/errors.ts";
import { changeWorkQueue, requireStorableKey } from "./change-work-queue.ts";
import type { TransitionContext } from "./context.ts";

/** Most runs that are looked at in one transaction. */
const STRETCH = 5_000;

const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/**
 * Deletes a queue. Deployments and runs stay, in no queue, so that nobody takes them; what holds a
 * slot goes on, and holds one of the pool's default queue instead. The priorities of the others stay
 * as they are. Throws not_found if there is no such queue, default_queue for the pool's default one.
 */
export async function deleteWorkQueue(ctx: TransitionContext, key: WorkQueueKey): Promise<void> {
  requireStorableKey(key);
  await leaveEndedRuns(ctx, key);
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

/**
 * Ended runs leave the queue before it is deleted, a stretch at a time: there may be a million, and
 * while the queue is deleted its pool grants nothing. If it is not deleted after all, because the
 * process dies right here, they are in no queue already, which is what was asked for.
 */
async function leaveEndedRuns(ctx: TransitionContext, key: WorkQueueKey): Promise<void> {
  const queue = await getWorkQueue(ctx.pool, key);
  if (queue === undefined || queue.isDefault) return;
  const leaveBehind = (after: string): Promise<string | null> =>
    inTransaction(ctx.pool, (tx) => leaveQueue(tx, queue.id, after, STRETCH));
  let last: string | null = FIRST_ID;
  while (last !== null) last = await leaveBehind(last);
}
