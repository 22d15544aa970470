import {
  followedStatusEvent,
  statusEventName,
  type WorkPoolStatus,
} from "#server/domain/work-pool-status.ts";
import type { Millis } from "#server/domain/state.ts";
import { newId } from "#shared/ids.ts";
import type { Queryable } from "./database.ts";
import { insertEvents } from "./events.ts";
import changeSql from "./sql/work-pool-change-status.sql" with { type: "text" };
import isServedSql from "./sql/work-pool-is-served.sql" with { type: "text" };
import staleSql from "./sql/work-pool-stale-status.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";
import type { LivenessNumbers } from "./work-pools.ts";

/** A change of a pool's status. */
export interface StatusMove {
  readonly workPoolId: string;
  /** The change is made only from this status; null: from any, also from the same one. */
  readonly from: WorkPoolStatus | null;
  readonly to: WorkPoolStatus;
}

interface MovedRow {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly status: WorkPoolStatus;
  readonly eventId: string;
  readonly lastEventId: string | null;
  readonly lastAt: Millis | null;
  readonly now: Millis;
}

/**
 * Stores new statuses, each with its event, whose id is stored as the pool's last. A pool that no
 * longer has the expected status keeps what it has, and nothing is told of it.
 */
export async function moveStatuses(tx: Tx, moves: readonly StatusMove[]): Promise<void> {
  if (moves.length === 0) return;
  const { rows } = await tx.query<MovedRow>({
    name: "work-pool-change-status",
    text: changeSql,
    values: [
      moves.map(({ workPoolId }) => workPoolId),
      moves.map(({ from }) => from),
      moves.map(({ to }) => to),
      moves.map(() => newId()),
    ],
  });
  await insertEvents(
    tx,
    rows.map((row) => ({
      id: row.eventId,
      event: statusEventName(row.status),
      resourceKind: "work-pool",
      resourceId: row.id,
      resource: poolLabels(row),
      follows: followedStatusEvent({ eventId: row.lastEventId, at: row.lastAt }, row.now),
      payload: {},
    })),
  );
}

/** What events say of a pool beside its id. */
export function poolLabels(pool: { readonly name: string; readonly type: string }): {
  readonly [label: string]: string;
} {
  return { "prefect.resource.name": pool.name, "prefect.work-pool.type": pool.type };
}

/** Whether an agent or a Prefect worker of the pool is online. */
export async function isPoolServed(
  db: Queryable,
  workPoolId: string,
  numbers: LivenessNumbers,
): Promise<boolean> {
  const { rows } = await db.query<{ served: boolean }>({
    name: "work-pool-is-served",
    text: isServedSql,
    values: [workPoolId, numbers.missedHeartbeats],
  });
  return rows[0]?.served === true;
}

/** What became of pools by agents that went silent or came back without anybody noting it. */
export async function findStaleStatuses(
  db: Queryable,
  numbers: LivenessNumbers,
): Promise<StatusMove[]> {
  const { rows } = await db.query<{
    id: string;
    status: WorkPoolStatus;
    becomes: WorkPoolStatus;
  }>({
    name: "work-pool-stale-status",
    text: staleSql,
    values: [numbers.missedHeartbeats],
  });
  return rows.map(({ id, status, becomes }) => ({ workPoolId: id, from: status, to: becomes }));
}
