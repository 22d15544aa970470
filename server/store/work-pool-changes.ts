import type { LostPolicy } from "#server/domain/lost-agent.ts";
import type { JsonObject } from "#shared/json.ts";
import leaveSql from "./sql/flow-run-leave-pool.sql" with { type: "text" };
import lockRunsSql from "./sql/flow-run-lock-of-pool.sql" with { type: "text" };
import revokeSql from "./sql/lease-revoke-of-pool.sql" with { type: "text" };
import deleteSql from "./sql/work-pool-delete.sql" with { type: "text" };
import forDeploymentSql from "./sql/work-pool-for-deployment.sql" with { type: "text" };
import insertSql from "./sql/work-pool-insert.sql" with { type: "text" };
import lockSql from "./sql/work-pool-lock.sql" with { type: "text" };
import lockForChangeSql from "./sql/work-pool-lock-for-change.sql" with { type: "text" };
import updateSql from "./sql/work-pool-update.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** A pool to insert. */
export interface NewWorkPool {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly description: string | null;
  readonly baseJobTemplate: JsonObject;
  readonly isPaused: boolean;
  readonly concurrencyLimit: number | null;
  /** As it is stored. */
  readonly storageConfiguration: JsonObject;
  readonly defaultQueueId: string;
  readonly lostPolicy: LostPolicy;
  readonly lostAfterSeconds: number;
}

/** False if the name is taken. The default queue must be inserted before the commit. */
export async function insertWorkPool(tx: Tx, pool: NewWorkPool): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "work-pool-insert",
    text: insertSql,
    values: [
      pool.id,
      pool.name,
      pool.type,
      pool.description,
      JSON.stringify(pool.baseJobTemplate),
      pool.isPaused,
      pool.concurrencyLimit,
      pool.defaultQueueId,
      pool.lostPolicy,
      pool.lostAfterSeconds,
      JSON.stringify(pool.storageConfiguration),
    ],
  });
  return rowCount === 1;
}

/** A pool whose lock is held until the transaction ends, so that nobody else changes it. */
export interface PoolForChange {
  readonly id: string;
  readonly name: string;
  readonly type: string;
}

/** Locks the pool of that name; undefined if there is none. */
export async function lockPoolForChange(tx: Tx, name: string): Promise<PoolForChange | undefined> {
  const { rows } = await tx.query<PoolForChange>({
    name: "work-pool-lock-for-change",
    text: lockForChangeSql,
    values: [name],
  });
  return rows[0];
}

/** New values of a pool's fields; undefined leaves one as it is. */
export interface WorkPoolFields {
  readonly description: string | null | undefined;
  readonly isPaused: boolean | undefined;
  readonly concurrencyLimit: number | null | undefined;
  readonly baseJobTemplate: JsonObject | undefined;
  /** As it is stored. */
  readonly storageConfiguration: JsonObject | undefined;
  readonly ageingSeconds: number | null | undefined;
}

/**
 * Changes a pool that is locked; answers what became different beside the pause, by the names that
 * events have for it: `{field: {from, to}}`.
 */
export async function updateWorkPoolRow(
  tx: Tx,
  workPoolId: string,
  fields: WorkPoolFields,
): Promise<JsonObject> {
  const { description, isPaused, concurrencyLimit, ageingSeconds } = fields;
  const { rows } = await tx.query<{ updates: JsonObject }>({
    name: "work-pool-update",
    text: updateSql,
    values: [
      workPoolId,
      description !== undefined,
      description ?? null,
      isPaused !== undefined,
      isPaused ?? null,
      concurrencyLimit !== undefined,
      concurrencyLimit ?? null,
      ...givenJson(fields.baseJobTemplate),
      ...givenJson(fields.storageConfiguration),
      ageingSeconds !== undefined,
      ageingSeconds ?? null,
    ],
  });
  const [row] = rows;
  if (row === undefined) throw new Error(`work pool ${workPoolId} is gone under its lock`);
  return row.updates;
}

function givenJson(value: JsonObject | undefined): [boolean, string | null] {
  return value === undefined ? [false, null] : [true, JSON.stringify(value)];
}

/** A pool locked against whoever would join it, with what its last event tells. */
export interface PoolForDeletion extends PoolForChange {
  readonly defaultQueueId: string | null;
  readonly defaultQueueName: string | null;
  /** As it is stored. */
  readonly storageConfiguration: JsonObject;
}

/** Locks the pool of that name; undefined if there is none. */
export async function lockWorkPool(tx: Tx, name: string): Promise<PoolForDeletion | undefined> {
  const { rows } = await tx.query<PoolForDeletion>({
    name: "work-pool-lock",
    text: lockSql,
    values: [name],
  });
  return rows[0];
}

/**
 * Runs that have ended leave a pool, among so many runs behind `after` in the order of their ids.
 * Answers the last one that was looked at; null if there was none.
 */
export async function leavePool(
  tx: Tx,
  workPoolId: string,
  after: string,
  count: number,
): Promise<string | null> {
  const { rows } = await tx.query<{ lastId: string | null }>({
    name: "flow-run-leave-pool",
    text: leaveSql,
    values: [workPoolId, after, count],
  });
  return rows[0]?.lastId ?? null;
}

/** Locks the pool's runs that are not over. */
export async function lockRunsOfPool(tx: Tx, workPoolId: string): Promise<void> {
  await tx.query({ name: "flow-run-lock-of-pool", text: lockRunsSql, values: [workPoolId] });
}

/** Orders the end of what the pool's agents hold; answers those agents. The runs are locked. */
export async function revokeLeasesOfPool(tx: Tx, workPoolId: string): Promise<string[]> {
  const { rows } = await tx.query<{ agentId: string }>({
    name: "lease-revoke-of-pool",
    text: revokeSql,
    values: [workPoolId],
  });
  return rows.map((row) => row.agentId);
}

/** Deletes a pool; answers the queues that went with it. */
export async function deleteWorkPoolRow(
  tx: Tx,
  workPoolId: string,
): Promise<{ id: string; name: string }[]> {
  const { rows } = await tx.query<{ id: string; name: string }>({
    name: "work-pool-delete",
    text: deleteSql,
    values: [workPoolId],
  });
  return rows;
}

/** A pool as a deployment needs it, kept from being deleted until the transaction ends. */
export interface PoolForDeployment {
  readonly id: string;
  readonly defaultQueueId: string;
  readonly baseJobTemplate: JsonObject;
}

/** The pool of that name; undefined if there is none. */
export async function findPoolForDeployment(
  tx: Tx,
  name: string,
): Promise<PoolForDeployment | undefined> {
  const { rows } = await tx.query<PoolForDeployment>({
    name: "work-pool-for-deployment",
    text: forDeploymentSql,
    values: [name],
  });
  return rows[0];
}
