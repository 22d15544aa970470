import { workQueueNotFound } from "#server/domain/not-found.ts";
import { poolLockStatement } from "#server/store/claims.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import { type LockedQueue, lockWorkQueue } from "#server/store/work-queue-changes.ts";
import { type LockedPool, locateWorkQueue, type WorkQueueKey } from "#server/store/work-queues.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Changes one queue under the locks of its pool, and wakes the pool's dispatcher. No claim is under
 * way meanwhile: what a pause or a limit forbids is not granted any more once this has returned.
 * Throws not_found if there is no such queue.
 */
export async function changeWorkQueue(
  ctx: TransitionContext,
  key: WorkQueueKey,
  lock: (tx: Tx, workPoolId: string) => Promise<LockedPool>,
  change: (tx: Tx, queue: LockedQueue, pool: LockedPool) => Promise<void>,
): Promise<void> {
  requireStorableKey(key);
  const located = await locateWorkQueue(ctx.pool, key);
  if (located === undefined) throw workQueueNotFound(key);
  const { id, workPoolId } = located;
  await inTransaction(
    ctx.pool,
    async (tx) => {
      const pool = await lock(tx, workPoolId);
      const queue = await lockWorkQueue(tx, id);
      if (queue === undefined) throw workQueueNotFound(key);
      await change(tx, queue, pool);
      await notifyOnCommit(tx, ctx.wakeUps, "pool", [workPoolId]);
    },
    poolLockStatement(workPoolId),
  );
  ctx.wakeUps.emit("pool", workPoolId);
}

/** Refuses names that the database cannot hold, and so cannot look for. */
export function requireStorableKey(key: WorkQueueKey): void {
  if (!("name" in key)) return;
  requireStorableText("work_pool_name", key.workPoolName);
  requireStorableText("name", key.name);
}
