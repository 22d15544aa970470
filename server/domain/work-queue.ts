import { invalidField } from "#shared/errors.ts";
import type { QueuePriority } from "./work-queue-priority.ts";

const MAX_INTEGER = 2_147_483_647;

/** Refuses a priority that is not a whole number from 1. */
export function requirePriority(field: string, priority: number): void {
  if (Number.isInteger(priority) && priority >= 1 && priority <= MAX_INTEGER) return;
  throw invalidField(
    field,
    `${priority} is no priority; give a whole number from 1, which comes first`,
  );
}

/** Refuses to give two queues one place, or one queue two. */
export function requireDistinctPlaces(field: string, places: readonly QueuePriority[]): void {
  const ids = new Set<string>();
  const priorities = new Set<number>();
  for (const { id, priority } of places) {
    if (ids.has(id)) {
      throw invalidField(field, `queue ${id} is named twice; name each queue once`);
    }
    if (priorities.has(priority)) {
      throw invalidField(
        field,
        `priority ${priority} is given to two queues; each queue has a priority of its own`,
      );
    }
    ids.add(id);
    priorities.add(priority);
  }
}

/** What a queue is beside its status. */
export interface WorkQueueFields {
  readonly name: string;
  readonly description: string;
  readonly priority: number;
  /** Null: no limit. */
  readonly concurrencyLimit: number | null;
}

/** A field's value before and after. */
export type FieldUpdate = {
  readonly from: string | number | null;
  readonly to: string | number | null;
};

/** What is different after a change, by the names that clients know. A pause tells itself. */
export function queueUpdates(
  before: WorkQueueFields,
  after: WorkQueueFields,
): Readonly<Record<string, FieldUpdate>> {
  const compared = [
    ["name", before.name, after.name],
    ["description", before.description, after.description],
    ["concurrency_limit", before.concurrencyLimit, after.concurrencyLimit],
    ["priority", before.priority, after.priority],
  ] as const;
  return Object.fromEntries(
    compared
      .filter(([, from, to]) => from !== to)
      .map(([field, from, to]) => [field, { from, to }]),
  );
}
