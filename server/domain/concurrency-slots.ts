import { invalidField } from "#shared/errors.ts";

/** How slots are asked for: to be given back, or to become free by time. */
export type SlotMode = "concurrency" | "rate_limit";

/** A limit that slots are asked of, counted under its lock. */
export interface SlotLimit {
  readonly id: string;
  readonly name: string;
  readonly limit: number;
  readonly slotDecayPerSecond: number;
  readonly avgSlotOccupancySeconds: number;
  /** Slots lately asked for in vain. */
  readonly denied: number;
  /** Null: it limits nothing. */
  readonly free: number | null;
}

/** What is asked for. */
export interface SlotRequest {
  /** At least 1, of each limit. */
  readonly slots: number;
  readonly mode: SlotMode;
  /** From 0 to 1: spreads those who come again. */
  readonly random: number;
}

/** Whether there is room. */
export type SlotDecision =
  | { readonly granted: true }
  | {
      readonly granted: false;
      /** The limits that are full. */
      readonly full: readonly string[];
      /** When to ask again. */
      readonly retryAfterSeconds: number;
    };

/** Where slots are given back by hand they may be free at any moment, so nobody is sent away longer. */
const MOST_WAIT_SECONDS = 30;
const LEAST_WAIT_SECONDS = 0.1;

/** No limit has more. */
const MOST_SLOTS = 2 ** 31 - 1;

/** Refuses a number of slots that no limit can have: throws invalid_argument. */
export function requireSlots(slots: number): void {
  if (slots <= MOST_SLOTS) return;
  throw invalidField("slots", `${slots} are more than any limit can have`);
}

/**
 * Decides whether slots of all limits can be had at once. Throws an invalid_argument for more than a
 * limit has in all, and for a rate of a limit whose slots never become free by themselves.
 */
export function decideSlots(
  { slots, mode, random }: SlotRequest,
  limits: readonly SlotLimit[],
): SlotDecision {
  for (const { name, limit, slotDecayPerSecond } of limits) {
    if (slots > limit) {
      throw invalidField("slots", `${slots} are more than limit '${name}' has, which is ${limit}`);
    }
    if (mode === "rate_limit" && slotDecayPerSecond === 0) {
      throw invalidField(
        "mode",
        `'rate_limit' needs slots that become free by themselves; give limit '${name}' a ` +
          "slot_decay_per_second",
      );
    }
  }
  const full = limits.filter(({ free }) => free !== null && free < slots);
  if (full.length === 0) return { granted: true };
  const wait = Math.max(...full.map((limit) => waitSeconds(limit, slots)));
  return {
    granted: false,
    full: full.map(({ id }) => id),
    retryAfterSeconds: Math.max(LEAST_WAIT_SECONDS, wait * (1 + random / 4)),
  };
}

function waitSeconds(limit: SlotLimit, slots: number): number {
  const { slotDecayPerSecond: decay, avgSlotOccupancySeconds, denied } = limit;
  // Those who were sent away before come again before.
  if (decay > 0) return (slots + denied) / decay;
  return Math.min(MOST_WAIT_SECONDS, avgSlotOccupancySeconds * slots);
}
