/** What an agent without a limit offers at once; the control plane counts on from there. */
const UNLIMITED = 1000;

/** Something that may hold a slot. */
export interface SlotHolder {
  readonly holdsSlot: boolean;
}

/**
 * How many more leases the agent can take, counted from what it holds: there is no counter that could
 * drift. `limit` null: no limit. An agent that must not take any has none.
 */
export function freeSlots(
  limit: number | null,
  holders: Iterable<SlotHolder>,
  assignable: boolean,
): number {
  if (!assignable) return 0;
  let held = 0;
  for (const holder of holders) if (holder.holdsSlot) held++;
  return Math.max(0, (limit ?? UNLIMITED) - held);
}
