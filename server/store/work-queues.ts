import { unusedPriority } from "#server/domain/work-queue-priority.ts";
import { AppError } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import { insertEvents } from "./events.ts";
import lockSql from "./sql/work-pool-lock-queues.sql" with { type: "text" };
import findSql from "./sql/work-queue-find.sql" with { type: "text" };
import insertSql from "./sql/work-queue-insert.sql" with { type: "text" };
import prioritiesSql from "./sql/work-queue-priorities.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/**
 * Id of the pool's queue of that name, created with the first unused priority if there is none.
 * Throws an invalid_argument for a name no queue can have, and not_found for a pool that is gone.
 */
export async function ensureWorkQueue(tx: Tx, workPoolId: string, name: string): Promise<string> {
  const known = await findWorkQueue(tx, workPoolId, name);
  if (known !== undefined) return known;
  requireName("work_queue_name", name);
  requireStorableText("work_queue_name", name);
  await lockQueues(tx, workPoolId);
  const created = await findWorkQueue(tx, workPoolId, name);
  if (created !== undefined) return created;
  const { rows } = await tx.query<{ priority: number }>({
    name: "work-queue-priorities",
    text: prioritiesSql,
    values: [workPoolId],
  });
  const priority = unusedPriority(rows.map((row) => row.priority));
  const id = newId();
  await insertWorkQueue(tx, { id, workPoolId, name, priority });
  return id;
}

/** A queue to insert. */
export interface NewWorkQueue {
  readonly id: string;
  readonly workPoolId: string;
  readonly name: string;
  readonly priority: number;
}

/** Inserts a queue and tells of it. */
export async function insertWorkQueue(tx: Tx, queue: NewWorkQueue): Promise<void> {
  const { id, workPoolId, name, priority } = queue;
  await tx.query({
    name: "work-queue-insert",
    text: insertSql,
    values: [id, workPoolId, name, priority],
  });
  await insertEvents(tx, [
    {
      event: "prefect.work-queue.created",
      resourceKind: "work-queue",
      resourceId: id,
      payload: { name, priority, work_pool_id: workPoolId },
    },
  ]);
}

async function lockQueues(tx: Tx, workPoolId: string): Promise<void> {
  const { rowCount } = await tx.query({
    name: "work-pool-lock-queues",
    text: lockSql,
    values: [workPoolId],
  });
  if (rowCount === 0)
    throw new AppError("not_found", `There is no work pool ${workPoolId} any more.`);
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
