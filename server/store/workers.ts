import type { Millis } from "#server/domain/state.ts";
import { newId } from "#shared/ids.ts";
import type { JsonObject } from "#shared/json.ts";
import type { Queryable } from "./database.ts";
import beatSql from "./sql/worker-beat.sql" with { type: "text" };
import deleteSql from "./sql/worker-delete.sql" with { type: "text" };
import listSql from "./sql/worker-list.sql" with { type: "text" };
import offlineSql from "./sql/worker-mark-offline.sql" with { type: "text" };
import poolSql from "./sql/work-pool-id.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** Whether a worker is heard of, as stored. */
export type WorkerStatus = "ONLINE" | "OFFLINE";

/** A Prefect worker as it is shown. */
export interface WorkerView {
  readonly id: string;
  readonly name: string;
  readonly workPoolId: string;
  /** Null: it never said. */
  readonly heartbeatSeconds: number | null;
  readonly lastHeartbeatAt: Millis;
  readonly status: WorkerStatus;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** Which workers; null: whatever it is. Times are texts that PostgreSQL reads. */
export interface WorkerFilter {
  readonly statuses: readonly WorkerStatus[] | null;
  readonly notStatuses: readonly WorkerStatus[] | null;
  readonly before: string | null;
  readonly after: string | null;
  /** One of the parts is enough. */
  readonly either: boolean;
}

/** What a worker says of itself with a beat; null: nothing. */
export interface WorkerBeat {
  readonly name: string;
  readonly heartbeatSeconds: number | null;
  readonly type: string | null;
  readonly metadata: JsonObject | null;
}

/** What a worker must know of its pool. */
export interface PoolOfWorkers {
  readonly id: string;
  readonly type: string;
  readonly isPaused: boolean;
}

/** The pool of that name; undefined if there is none. */
export async function findPoolOfWorkers(
  db: Queryable,
  name: string,
): Promise<PoolOfWorkers | undefined> {
  const { rows } = await db.query<PoolOfWorkers>({
    name: "work-pool-id",
    text: poolSql,
    values: [name],
  });
  return rows[0];
}

/** Stores that a worker is alive; answers its id. */
export async function recordBeat(tx: Tx, workPoolId: string, beat: WorkerBeat): Promise<string> {
  const { name, heartbeatSeconds, type, metadata } = beat;
  const { rows } = await tx.query<{ id: string }>({
    name: "worker-beat",
    text: beatSql,
    values: [newId(), workPoolId, name, heartbeatSeconds, type, metadata],
  });
  const [worker] = rows;
  if (worker === undefined) throw new Error(`worker '${name}' was neither inserted nor updated`);
  return worker.id;
}

/** Workers of a pool, those heard of last first. */
export async function listWorkers(
  db: Queryable,
  workPoolId: string,
  filter: WorkerFilter,
  page: { readonly limit: number; readonly offset: number },
): Promise<WorkerView[]> {
  const { statuses, notStatuses, before, after, either } = filter;
  const some = statuses ?? notStatuses ?? before ?? after;
  const { rows } = await db.query<WorkerView>({
    name: "worker-list",
    text: listSql,
    values: [
      workPoolId,
      // Either of no parts is no condition.
      either && some !== null,
      statuses,
      notStatuses,
      before,
      after,
      page.limit,
      page.offset,
    ],
  });
  return rows;
}

/** Forgets a worker; false if there is none of that name. */
export async function removeWorker(tx: Tx, workPoolId: string, name: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "worker-delete",
    text: deleteSql,
    values: [workPoolId, name],
  });
  return rowCount === 1;
}

/** Makes silent workers OFFLINE; answers the ids of their pools. */
export async function markWorkersOffline(
  tx: Tx,
  missedHeartbeats: number,
  defaultHeartbeatSeconds: number,
): Promise<string[]> {
  const { rows } = await tx.query<{ workPoolId: string }>({
    name: "worker-mark-offline",
    text: offlineSql,
    values: [missedHeartbeats, defaultHeartbeatSeconds],
  });
  return [...new Set(rows.map((row) => row.workPoolId))];
}
