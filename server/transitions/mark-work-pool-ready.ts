import { insertEvents } from "#server/store/events.ts";
import type { Tx } from "#server/store/transaction.ts";
import { findUnservedPool } from "#server/store/workers.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Somebody who serves the pool is about to be stored as alive: a pool that nobody served is READY
 * from now on, and that is told. One that is paused stays PAUSED, one that is READY is left alone.
 */
export async function markWorkPoolReady(
  ctx: TransitionContext,
  tx: Tx,
  workPoolId: string,
): Promise<void> {
  const pool = await findUnservedPool(tx, workPoolId, ctx.numbers);
  if (pool === undefined) return;
  await insertEvents(tx, [
    {
      event: "prefect.work-pool.ready",
      resourceKind: "work-pool",
      resourceId: workPoolId,
      payload: { name: pool.name, type: pool.type },
    },
  ]);
}
