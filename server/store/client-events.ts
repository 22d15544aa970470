import type { EventMessage, Resource } from "#server/domain/event-filter.ts";
import type { Millis } from "#shared/clock.ts";
import type { JsonObject } from "#shared/json.ts";
import type { Queryable } from "./database.ts";
import rangeSql from "./sql/event-range.sql" with { type: "text" };
import recordSql from "./sql/event-record.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** An event as it is stored, with what is known of its run. */
export interface StoredEvent {
  readonly id: string;
  readonly at: Millis;
  readonly event: string;
  readonly resourceKind: string;
  readonly resourceId: string | null;
  readonly payload: JsonObject;
  readonly resource: Resource;
  readonly related: readonly Resource[];
  readonly follows: string | null;
  /** Of a run's event; null: the run is gone. */
  readonly runName: string | null;
  readonly flowId: string | null;
  readonly deploymentId: string | null;
  readonly workPoolId: string | null;
  readonly workQueueId: string | null;
}

/** Which events: those whose ids lie in between, the first included. */
export interface EventRange {
  readonly from: string;
  readonly to: string;
  /** A time that no event in the range is older than: days before it are not looked at. */
  readonly notBefore: Date;
  /** Null: of any name. */
  readonly names: readonly string[] | null;
  readonly limit: number;
}

const OURS = /^prefect\.([a-z-]+)\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Stores what clients tell of; what is stored already is left as it is. */
export async function recordClientEvents(tx: Tx, events: readonly EventMessage[]): Promise<void> {
  const rows = events.map((event) => {
    const [, kind, id] = OURS.exec(event.resource["prefect.resource.id"] ?? "") ?? [];
    const { occurred: at, ...rest } = event;
    return { ...rest, at, resourceKind: kind ?? "other", resourceId: id ?? null };
  });
  await tx.query({ name: "event-record", text: recordSql, values: [JSON.stringify(rows)] });
}

/** Events by their ids, which grow with time. */
export async function readEventRange(db: Queryable, range: EventRange): Promise<StoredEvent[]> {
  const { from, to, notBefore, names, limit } = range;
  const { rows } = await db.query<StoredEvent>({
    name: "event-range",
    text: rangeSql,
    values: [from, to, notBefore, names, limit],
  });
  return rows;
}
