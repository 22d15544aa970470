import { requireSlots } from "#server/domain/concurrency-slots.ts";
import { releaseSlotLeaseRow } from "#server/store/concurrency-leases.ts";
import { countSlots } from "#server/store/concurrency-limit-changes.ts";
import { lockLimits } from "#server/store/concurrency-limit-locks.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { type LimitName, nameLimit } from "./take-slots.ts";
import { noWakes, wake, wakeWaiting } from "./write-attempts.ts";

/** Slots that were taken without a lease, given back by the names of their limits. */
export async function giveSlots(
  ctx: TransitionContext,
  input: { names: readonly string[]; slots: number; heldSeconds?: number | undefined },
): Promise<readonly LimitName[]> {
  for (const name of input.names) requireStorableText("names", name);
  requireSlots(input.slots);
  const wakes = noWakes();
  const limits = await inTransaction(ctx.pool, async (tx) => {
    const locked = await lockLimits(tx, { names: [...new Set(input.names)] });
    const ids = locked.filter(({ active }) => active).map(({ id }) => id);
    const { slots, heldSeconds } = input;
    await countSlots(tx, ids, { taken: -slots, denied: -slots, heldSeconds });
    await wakeWaiting(ctx, tx, ids, wakes);
    return locked;
  });
  wake(ctx, wakes);
  return limits.filter(({ active }) => active).map(nameLimit);
}

/** Gives back all that a lease holds; one that is gone holds nothing. */
export async function releaseSlotLease(ctx: TransitionContext, leaseId: string): Promise<void> {
  const wakes = noWakes();
  const freed = await inTransaction(ctx.pool, async (tx) => {
    const slots = await releaseSlotLeaseRow(tx, leaseId);
    await wakeWaiting(
      ctx,
      tx,
      slots.map(({ limitId }) => limitId),
      wakes,
    );
    return slots;
  });
  wake(ctx, wakes);
  const [first] = freed;
  if (first === undefined) return;
  // For the average only, and therefore not with the release: that waits for no limit's lock.
  await inTransaction(ctx.pool, async (tx) => {
    const locked = await lockLimits(tx, { ids: freed.map(({ limitId }) => limitId) });
    const ids = locked.map(({ id }) => id);
    await countSlots(tx, ids, { denied: -1, heldSeconds: first.heldSeconds });
  });
}
