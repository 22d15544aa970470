import type { Pool } from "pg";

/** An event as the outbox holds it. */
export interface StoredEvent {
  readonly id: string;
  readonly event: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly related: readonly Readonly<Record<string, string>>[];
  readonly follows: string | null;
  readonly payload: unknown;
}

/** What was told of a resource, in its order. */
export async function eventsOf(pool: Pool, resourceId: string): Promise<StoredEvent[]> {
  const { rows } = await pool.query<StoredEvent>(
    `select id, event, resource, related, follows, payload
       from sluice.event where resource_id = $1 order by at, id`,
    [resourceId],
  );
  return rows;
}

/** The last words of what was told of a pool, such as `created` and `not-ready`. */
export async function poolEvents(pool: Pool, workPoolId: string): Promise<string[]> {
  const events = await eventsOf(pool, workPoolId);
  return events.map(({ event }) => event.replace("prefect.work-pool.", ""));
}
