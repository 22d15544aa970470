import { type QueuePriority, unusedPriority } from "#server/domain/work-queue-priority.ts";
import { AppError } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { Queryable } from "./database.ts";
import { insertEvents } from "./events.ts";
import lockSql from "./sql/work-pool-lock-queues.sql" with { type: "text" };
import lockDeletionSql from "./sql/work-pool-lock-queue-deletion.sql" with { type: "text" };
import findSql from "./sql/work-queue-find.sql" with { type: "text" };
import insertSql from "./sql/work-queue-insert.sql" with { type: "text" };
import locateSql from "./sql/work-queue-locate.sql" with { type: "text" };
import prioritiesSql from "./sql/work-queue-priorities.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";
import { type PoolOfQueue, workQueueEvent } from "./work-queue-events.ts";

/** A queue as callers name it. */
export type WorkQueueKey =
  | { readonly id: string }
  | { readonly workPoolName: string; readonly name: string };

/** A queue and its pool, which it never leaves. */
export interface LocatedQueue {
  readonly id: string;
  readonly workPoolId: string;
}

/** The queue of that key; undefined if there is none. */
export async function locateWorkQueue(
  db: Queryable,
  key: WorkQueueKey,
): Promise<LocatedQueue | undefined> {
  const { rows } = await db.query<LocatedQueue>({
    name: "work-queue-locate",
    text: locateSql,
    values: "id" in key ? [key.id, null, null] : [null, key.workPoolName, key.name],
  });
  return rows[0];
}

/** A pool whose queues nobody else changes until the transaction ends. */
export interface LockedPool extends PoolOfQueue {
  readonly defaultQueueId: string;
}

/** Locks the queues of a pool. Throws not_found for a pool that is gone. */
export function lockQueues(tx: Tx, workPoolId: string): Promise<LockedPool> {
  return lockPool(tx, { name: "work-pool-lock-queues", text: lockSql }, workPoolId);
}

/** The same, and nothing is put into any of the pool's queues either. */
export function lockQueueDeletion(tx: Tx, workPoolId: string): Promise<LockedPool> {
  const statement = { name: "work-pool-lock-queue-deletion", text: lockDeletionSql };
  return lockPool(tx, statement, workPoolId);
}

async function lockPool(
  tx: Tx,
  statement: { readonly name: string; readonly text: string },
  workPoolId: string,
): Promise<LockedPool> {
  const { rows } = await tx.query<LockedPool>({ ...statement, values: [workPoolId] });
  const [pool] = rows;
  if (pool !== undefined) return pool;
  throw new AppError("not_found", `There is no work pool ${workPoolId} any more.`);
}

/**
 * Id of the pool's queue of that name, created with the first unused priority if there is none.
 * Throws an invalid_argument for a name no queue can have, and not_found for a pool that is gone.
 */
export async function ensureWorkQueue(tx: Tx, workPoolId: string, name: string): Promise<string> {
  const known = await findWorkQueue(tx, workPoolId, name);
  if (known !== undefined) return known;
  requireName("work_queue_name", name);
  requireStorableText("work_queue_name", name);
  const pool = await lockQueues(tx, workPoolId);
  const created = await findWorkQueue(tx, workPoolId, name);
  if (created !== undefined) return created;
  const taken = await readPriorities(tx, workPoolId);
  const id = newId();
  const priority = unusedPriority(taken.map((queue) => queue.priority));
  await insertWorkQueue(tx, pool, { id, name, priority });
  return id;
}

/** A queue to insert. */
export interface NewWorkQueue {
  readonly id: string;
  readonly name: string;
  readonly priority: number;
  readonly description?: string;
  readonly isPaused?: boolean;
  /** Null: no limit. */
  readonly concurrencyLimit?: number | null;
}

/** Inserts a queue and tells of it. False if the pool has one of that name. */
export async function insertWorkQueue(
  tx: Tx,
  pool: PoolOfQueue,
  queue: NewWorkQueue,
): Promise<boolean> {
  const { id, name, priority, description, isPaused, concurrencyLimit } = queue;
  const { rowCount } = await tx.query({
    name: "work-queue-insert",
    text: insertSql,
    values: [
      id,
      pool.id,
      name,
      priority,
      description ?? "",
      isPaused ?? false,
      concurrencyLimit ?? null,
    ],
  });
  if (rowCount !== 1) return false;
  await insertEvents(tx, [workQueueEvent("created", queue, pool)]);
  return true;
}

/** A queue's place, with its name. */
export interface NamedPriority extends QueuePriority {
  readonly name: string;
}

/** The places of a pool's queues, the first first. */
export async function readPriorities(tx: Tx, workPoolId: string): Promise<NamedPriority[]> {
  const { rows } = await tx.query<NamedPriority>({
    name: "work-queue-priorities",
    text: prioritiesSql,
    values: [workPoolId],
  });
  return rows;
}

async function findWorkQueue(
  tx: Tx,
  workPoolId: string,
  name: string,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>({
    name: "work-queue-find",
    text: findSql,
    values: [workPoolId, name],
  });
  return rows[0]?.id;
}
