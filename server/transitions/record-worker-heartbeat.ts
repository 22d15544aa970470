import { workPoolNotFound } from "#server/domain/not-found.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { findPoolOfWorkers, recordBeat, type WorkerBeat } from "#server/store/workers.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableJson, requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { markServed } from "./mark-served.ts";

/** A worker is alive, and its pool thereby served. Answers its id. Throws not_found for the pool. */
export async function recordWorkerHeartbeat(
  ctx: TransitionContext,
  workPoolName: string,
  beat: WorkerBeat,
): Promise<string> {
  requireName("name", beat.name);
  requireStorableText("name", beat.name);
  requireStorableJson("metadata", beat.metadata);
  return inTransaction(ctx.pool, async (tx) => {
    const pool = await findPoolOfWorkers(tx, workPoolName);
    if (pool === undefined) throw workPoolNotFound(workPoolName);
    await markServed(tx, pool);
    return recordBeat(tx, pool.id, beat);
  });
}
