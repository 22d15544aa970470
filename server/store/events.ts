import { newId } from "#shared/ids.ts";
import type { JsonObject } from "#shared/json.ts";
import eventInsertSql from "./sql/event-insert.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** Something that happened to a resource. */
export interface NewEvent {
  /** Such as `prefect.work-pool.created`. */
  readonly event: string;
  /** Such as `work-pool`. */
  readonly resourceKind: string;
  readonly resourceId: string;
  readonly payload: JsonObject;
}

/** Tells of changes, in the transaction that makes them: one statement for all. */
export async function insertEvents(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query({
    name: "event-insert",
    text: eventInsertSql,
    values: [
      events.map(() => newId()),
      events.map(({ event }) => event),
      events.map(({ resourceKind }) => resourceKind),
      events.map(({ resourceId }) => resourceId),
      events.map(({ payload }) => JSON.stringify(payload)),
    ],
  });
}
