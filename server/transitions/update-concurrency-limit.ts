import { concurrencyLimitNotFound, requireDecay } from "#server/domain/concurrency-limit.ts";
import { requireLimit } from "#server/domain/work-pool.ts";
import {
  type ConcurrencyLimitFields,
  updateConcurrencyLimitRow,
} from "#server/store/concurrency-limit-changes.ts";
import { lockLimits } from "#server/store/concurrency-limit-locks.ts";
import { findConcurrencyLimit } from "#server/store/concurrency-limits.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { limitEvent, limitExists } from "./create-concurrency-limit.ts";
import { noWakes, wake, wakeWaiting } from "./write-attempts.ts";

/**
 * Changes the limit of that id or name; answers its id. What thereby may start does so at once; what
 * holds slots beyond a lowered limit keeps them. Throws not_found if there is none, already_exists for
 * a name that is taken, invalid_argument for a bad field.
 */
export async function updateConcurrencyLimit(
  ctx: TransitionContext,
  idOrName: string,
  change: ConcurrencyLimitFields,
): Promise<string> {
  requireStorableText("id_or_name", idOrName);
  if (change.name !== undefined) {
    requireName("name", change.name);
    requireStorableText("name", change.name);
  }
  requireLimit("limit", change.limit ?? null);
  requireLimit("active_slots", change.slotsHeld ?? null);
  requireLimit("denied_slots", change.deniedSlots ?? null);
  if (change.slotDecayPerSecond !== undefined) {
    requireDecay("slot_decay_per_second", change.slotDecayPerSecond);
  }
  const wakes = noWakes();
  const id = await inTransaction(ctx.pool, async (tx) => {
    const found = await findConcurrencyLimit(tx, idOrName);
    if (found === undefined) throw concurrencyLimitNotFound(idOrName);
    await lockLimits(tx, { ids: [found] });
    if (change.name !== undefined) {
      const namesake = await findConcurrencyLimit(tx, change.name);
      if (namesake !== undefined && namesake !== found) throw limitExists(change.name);
    }
    const updated = await updateConcurrencyLimitRow(tx, found, change);
    if (updated === "taken") throw limitExists(change.name ?? "");
    if (!updated) throw concurrencyLimitNotFound(idOrName);
    const fields = Object.entries(change).flatMap(([key, value]) =>
      value === undefined ? [] : key,
    );
    await insertEvents(tx, [limitEvent("updated", found, { changed: fields })]);
    await wakeWaiting(ctx, tx, [found], wakes);
    return found;
  });
  wake(ctx, wakes);
  return id;
}
