import { decideSlots, requireSlots, type SlotMode } from "#server/domain/concurrency-slots.ts";
import { insertSlotLease, type SlotHolder } from "#server/store/concurrency-leases.ts";
import { countSlots } from "#server/store/concurrency-limit-changes.ts";
import { type CountedLimit, lockAndCountLimits } from "#server/store/concurrency-limit-locks.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { newId } from "#shared/ids.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";

/** What is asked for: as many slots of each of these limits, all or none. */
export interface TakeSlotsInput {
  /** Names that are no active limit's limit nothing. */
  readonly names: readonly string[];
  readonly slots: number;
  readonly mode: SlotMode;
  /** Null: counted without a lease, until they are given back by name or have decayed. */
  readonly lease: { readonly seconds: number; readonly holder: SlotHolder | null } | null;
}

/** Whether the slots were taken. */
export type SlotsAnswer =
  | {
      readonly taken: true;
      readonly limits: readonly LimitName[];
      /** Null if none was asked for. */
      readonly leaseId: string | null;
    }
  | { readonly taken: false; readonly retryAfterSeconds: number };

/** Which limit it was. */
export interface LimitName {
  readonly id: string;
  readonly name: string;
  readonly limit: number;
}

/**
 * Takes slots of limits, of all or of none, under their locks. Throws an invalid_argument for what
 * could never be had.
 */
export async function takeSlots(
  ctx: TransitionContext,
  { names, slots, mode, lease }: TakeSlotsInput,
): Promise<SlotsAnswer> {
  requireSlots(slots);
  return inTransaction(ctx.pool, async (tx) => {
    const limits = await lockActiveLimits(tx, names);
    const decision = decideSlots({ slots, mode, random: Math.random() }, limits);
    if (!decision.granted) {
      await countSlots(tx, decision.full, { denied: slots });
      return { taken: false, retryAfterSeconds: decision.retryAfterSeconds };
    }
    const ids = limits.map(({ id }) => id);
    const leaseId = lease === null ? null : newId();
    // Slots of a rate are free by time, not when whoever took them is done.
    if (leaseId === null || mode === "rate_limit") await countSlots(tx, ids, { taken: slots });
    if (leaseId !== null && lease !== null) {
      const limitIds = mode === "rate_limit" ? [] : ids;
      await insertSlotLease(tx, { id: leaseId, ...lease, limitIds, slots });
    }
    return { taken: true, leaseId, limits: limits.map(nameLimit) };
  });
}

/** The active limits of these names, locked and counted. */
export async function lockActiveLimits(
  tx: Tx,
  names: readonly string[],
): Promise<readonly CountedLimit[]> {
  for (const name of names) requireStorableText("names", name);
  const limits = await lockAndCountLimits(tx, { names: [...new Set(names)] });
  return [...limits.values()].filter(({ active }) => active);
}

/** A limit as it is named in answers. */
export function nameLimit({ id, name, limit }: LimitName): LimitName {
  return { id, name, limit };
}
