import { newId } from "#shared/ids.ts";
import type { JsonObject } from "#shared/json.ts";
import eventInsertSql from "./sql/event-insert.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** What an event says of a resource, such as `prefect.resource.name`, as it was then. */
export type EventLabels = Readonly<Record<string, string>>;

/** Something that happened to a resource. */
export interface NewEvent {
  /** Given where something else refers to the event; otherwise a new one. */
  readonly id?: string;
  /** Such as `prefect.work-pool.created`. */
  readonly event: string;
  /** Such as `work-pool`. */
  readonly resourceKind: string;
  readonly resourceId: string;
  /** Labels of the resource beside its id. */
  readonly resource?: EventLabels;
  /** Other resources it concerns, each with its `prefect.resource.id` and `prefect.resource.role`. */
  readonly related?: readonly EventLabels[];
  /** The event of the same resource that came right before it. */
  readonly follows?: string | null;
  readonly payload: JsonObject;
}

/** Tells of changes, in the transaction that makes them: one statement for all. */
export async function insertEvents(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query({
    name: "event-insert",
    text: eventInsertSql,
    values: [
      events.map(({ id }) => id ?? newId()),
      events.map(({ event }) => event),
      events.map(({ resourceKind }) => resourceKind),
      events.map(({ resourceId }) => resourceId),
      events.map(({ payload }) => JSON.stringify(payload)),
      events.map(({ resource }) => JSON.stringify(resource ?? {})),
      events.map(({ related }) => JSON.stringify(related ?? [])),
      events.map(({ follows }) => follows ?? null),
    ],
  });
}
