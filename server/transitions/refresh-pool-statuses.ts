import { inTransaction } from "#server/store/transaction.ts";
import { findStaleStatuses, moveStatuses } from "#server/store/work-pool-statuses.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Pools that nobody serves any more become NOT_READY, and those that are served all the same READY.
 * One idempotent batch that any replica may run; mostly it finds nothing and is one statement. A
 * transaction of its own, because one that has locked runs must not wait for pools.
 */
export async function refreshPoolStatuses(ctx: TransitionContext): Promise<void> {
  const stale = await findStaleStatuses(ctx.pool, ctx.numbers);
  if (stale.length === 0) return;
  await inTransaction(ctx.pool, (tx) => moveStatuses(tx, stale));
}
