import { concurrencyLimitNotFound } from "#server/domain/concurrency-limit.ts";
import {
  deleteConcurrencyLimitRow,
  lockDeploymentsOfLimit,
} from "#server/store/concurrency-limit-changes.ts";
import { findConcurrencyLimit } from "#server/store/concurrency-limits.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { limitEvent } from "./create-concurrency-limit.ts";
import { noWakes, wake, wakeWaiting } from "./write-attempts.ts";

/**
 * Deletes the limit of that id or name: deployments that had it have none, and leases hold nothing
 * of it any more. Throws not_found if there is none.
 */
export async function deleteConcurrencyLimit(
  ctx: TransitionContext,
  idOrName: string,
): Promise<void> {
  requireStorableText("id_or_name", idOrName);
  const wakes = noWakes();
  await inTransaction(ctx.pool, async (tx) => {
    const id = await findConcurrencyLimit(tx, idOrName);
    if (id === undefined) throw concurrencyLimitNotFound(idOrName);
    await lockDeploymentsOfLimit(tx, id);
    await wakeWaiting(ctx, tx, [id], wakes);
    if (!(await deleteConcurrencyLimitRow(tx, id))) throw concurrencyLimitNotFound(idOrName);
    await insertEvents(tx, [limitEvent("deleted", id, {})]);
  });
  wake(ctx, wakes);
}
