import { tellsStatus } from "#server/domain/work-pool-status.ts";
import type { Tx } from "#server/store/transaction.ts";
import { moveStatuses } from "#server/store/work-pool-statuses.ts";

/**
 * Somebody who serves the pool was heard of: a pool that was NOT_READY is READY; any other stays as
 * it is. May be said again and again. Whoever locks agents or runs too must do so after this.
 */
export async function markServed(
  tx: Tx,
  pool: { readonly id: string; readonly type: string },
): Promise<void> {
  if (!tellsStatus(pool.type)) return;
  await moveStatuses(tx, [{ workPoolId: pool.id, from: "NOT_READY", to: "READY" }]);
}
