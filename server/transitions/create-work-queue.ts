import { workPoolNotFound } from "#server/domain/not-found.ts";
import { requireLimit } from "#server/domain/work-pool.ts";
import { unusedPriority } from "#server/domain/work-queue-priority.ts";
import { requirePriority } from "#server/domain/work-queue.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import { lockPoolForChange } from "#server/store/work-pool-changes.ts";
import { insertWorkQueue, readPriorities } from "#server/store/work-queues.ts";
import { newId } from "#shared/ids.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { placeQueues } from "./place-queues.ts";
import { queueNameTaken } from "./queue-refusals.ts";

/** A queue to create. */
export interface CreateWorkQueueInput {
  readonly workPoolName: string;
  readonly name: string;
  readonly description: string;
  readonly isPaused: boolean;
  /** Null: no limit. */
  readonly concurrencyLimit: number | null;
  /** Null: the first that is free. Whoever has it moves down. */
  readonly priority: number | null;
}

/**
 * Creates a queue; answers its id. Throws not_found for a pool that is not there, already_exists for
 * a name that is taken, invalid_argument for a bad field.
 */
export async function createWorkQueue(
  ctx: TransitionContext,
  input: CreateWorkQueueInput,
): Promise<string> {
  const { workPoolName, name, description, isPaused, concurrencyLimit } = input;
  requireStorableText("work_pool_name", workPoolName);
  requireName("name", name);
  requireStorableText("name", name);
  requireStorableText("description", description);
  requireLimit("concurrency_limit", concurrencyLimit);
  if (input.priority !== null) requirePriority("priority", input.priority);
  const id = newId();
  const workPoolId = await inTransaction(ctx.pool, async (tx) => {
    const pool = await lockPoolForChange(tx, workPoolName);
    if (pool === undefined) throw workPoolNotFound(workPoolName);
    const priority = input.priority ?? (await freePriority(tx, pool.id));
    const queue = { id, name, description, isPaused, concurrencyLimit, priority };
    if (!(await insertWorkQueue(tx, pool, queue))) throw queueNameTaken(pool.name, name);
    if (input.priority !== null) await placeQueues(tx, pool, [{ id, priority }], id);
    await notifyOnCommit(tx, ctx.wakeUps, "pool", [pool.id]);
    return pool.id;
  });
  ctx.wakeUps.emit("pool", workPoolId);
  return id;
}

async function freePriority(tx: Tx, workPoolId: string): Promise<number> {
  const taken = await readPriorities(tx, workPoolId);
  return unusedPriority(taken.map(({ priority }) => priority));
}
