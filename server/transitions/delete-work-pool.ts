import { workPoolNotFound } from "#server/domain/not-found.ts";
import { readStorage } from "#server/domain/storage-configuration.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import {
  deleteWorkPoolRow,
  leavePool,
  lockRunsOfPool,
  lockWorkPool,
  revokeLeasesOfPool,
} from "#server/store/work-pool-changes.ts";
import { workQueueEvent } from "#server/store/work-queue-events.ts";
import { findPoolOfWorkers } from "#server/store/workers.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { leaveEndedRuns } from "./leave-ended-runs.ts";
import { workPoolEvent } from "./work-pool-events.ts";

/**
 * Deletes a pool with its queues and its agents' rows. What agents still hold is ordered to stop and
 * keeps its lease until it has; deployments and runs stay, in no pool.
 */
export async function deleteWorkPool(ctx: TransitionContext, name: string): Promise<void> {
  requireStorableText("name", name);
  const known = await findPoolOfWorkers(ctx.pool, name);
  if (known === undefined) throw workPoolNotFound(name);
  await leaveEndedRuns(ctx, (tx, after, count) => leavePool(tx, known.id, after, count));
  const agentIds = await inTransaction(ctx.pool, async (tx) => {
    const pool = await lockWorkPool(tx, name);
    if (pool === undefined) throw workPoolNotFound(name);
    const { id, defaultQueueId, defaultQueueName } = pool;
    await lockRunsOfPool(tx, id);
    const agents = await revokeLeasesOfPool(tx, id);
    const queues = await deleteWorkPoolRow(tx, id);
    await insertEvents(tx, [
      ...queues.map((queue) => workQueueEvent("deleted", queue, pool)),
      workPoolEvent("deleted", {
        ...pool,
        queue:
          defaultQueueId === null ? null : { id: defaultQueueId, name: defaultQueueName ?? "" },
        storage: readStorage(pool.storageConfiguration),
      }),
    ]);
    await notifyOnCommit(tx, ctx.wakeUps, "agent", agents);
    return agents;
  });
  for (const id of agentIds) ctx.wakeUps.emit("agent", id);
}
