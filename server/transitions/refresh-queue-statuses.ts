import { inTransaction } from "#server/store/transaction.ts";
import { becomeSilent, findSilentQueues } from "#server/store/work-queue-statuses.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Queues that nobody polls any more become NOT_READY. One idempotent batch that any replica may run;
 * mostly it finds nothing and is one statement. A transaction of its own, because one that has locked
 * runs must not wait for queues.
 */
export async function refreshQueueStatuses(ctx: TransitionContext): Promise<void> {
  const silent = await findSilentQueues(ctx.pool);
  if (silent.length === 0) return;
  await inTransaction(ctx.pool, (tx) => becomeSilent(tx, silent));
}
