/** A queue's place in the waterfall of its pool: 1 comes first. */
export interface QueuePriority {
  readonly id: string;
  readonly priority: number;
}

/** The priority of a new queue nobody gave one: the smallest whole number from 1 that is unused. */
export function unusedPriority(taken: readonly number[]): number {
  const used = new Set(taken);
  let priority = 1;
  while (used.has(priority)) priority += 1;
  return priority;
}

/**
 * What changes when some queues are given priorities: they get them, and the others keep their
 * order. One that would have to share, or stand before its predecessor, moves down by as little as
 * will do; those above the first target, and all that do not collide, stay, so gaps remain. A
 * target that is not among `queues` is a new queue and takes its place like the rest.
 */
export function shiftPriorities(
  queues: readonly QueuePriority[],
  targets: readonly QueuePriority[],
): ReadonlyMap<string, number> {
  const placed = new Map(targets.map(({ id, priority }) => [id, priority]));
  const reserved = new Set(placed.values());
  const first = Math.min(...reserved);
  const others = queues
    .filter(({ id, priority }) => !placed.has(id) && priority >= first)
    .toSorted((a, b) => a.priority - b.priority);
  let last = 0;
  for (const { id, priority } of others) {
    last = Math.max(priority, last + 1);
    while (reserved.has(last)) last += 1;
    placed.set(id, last);
  }
  const before = new Map(queues.map(({ id, priority }) => [id, priority]));
  return new Map([...placed].filter(([id, priority]) => before.get(id) !== priority));
}
