import type { JsonObject } from "#shared/json.ts";
import type { NewEvent } from "./events.ts";
import { poolLabels } from "./work-pool-statuses.ts";

/** What can happen to a queue. */
export type QueueOccurrence = "created" | "updated" | "deleted" | "ready" | "not-ready" | "paused";

/** A pool as events of its queues tell of it. */
export interface PoolOfQueue {
  readonly id: string;
  readonly name: string;
  readonly type: string;
}

/** A queue as its events tell of it. */
export interface QueueOfEvent {
  readonly id: string;
  readonly name: string;
}

/** Something happened to a queue of that pool. */
export function workQueueEvent(
  what: QueueOccurrence,
  queue: QueueOfEvent,
  pool: PoolOfQueue,
  payload: JsonObject = {},
): NewEvent {
  return {
    event: `prefect.work-queue.${what}`,
    resourceKind: "work-queue",
    resourceId: queue.id,
    resource: { "prefect.resource.name": queue.name },
    related: [
      {
        "prefect.resource.id": `prefect.work-pool.${pool.id}`,
        "prefect.resource.role": "work-pool",
        ...poolLabels(pool),
      },
    ],
    payload,
  };
}

/** A queue was changed; nothing to tell if nothing is different. */
export function workQueueUpdated(
  queue: QueueOfEvent,
  pool: PoolOfQueue,
  updates: Readonly<Record<string, JsonObject>>,
): NewEvent[] {
  const fields = Object.keys(updates);
  if (fields.length === 0) return [];
  return [workQueueEvent("updated", queue, pool, { updated_fields: fields, updates })];
}
