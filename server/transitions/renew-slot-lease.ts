import { renewSlotLeaseRow } from "#server/store/concurrency-leases.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Prolongs a lease on slots from now; false if there is none or it has expired: its holder has lost
 * the slots, or is about to.
 */
export function renewSlotLease(
  ctx: TransitionContext,
  leaseId: string,
  seconds: number,
): Promise<boolean> {
  return inTransaction(ctx.pool, (tx) => renewSlotLeaseRow(tx, leaseId, seconds));
}
