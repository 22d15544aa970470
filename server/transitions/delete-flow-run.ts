import { flowRunNotFound } from "#server/domain/not-found.ts";
import { lockFlowRuns } from "#server/store/flow-run-changes.ts";
import { deleteFlowRunRow } from "#server/store/flow-run-updates.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import { AppError } from "#shared/errors.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Deletes a run; its lines and states go with their days. Throws not_found, and flow_run_held for
 * one that an agent holds: with the run its lease would go, and a process that nobody counts stay.
 */
export async function deleteFlowRun(ctx: TransitionContext, id: string): Promise<void> {
  const workPoolId = await inTransaction(ctx.pool, async (tx) => {
    const run = (await lockFlowRuns(tx, [id])).get(id);
    if (run === undefined) throw flowRunNotFound(id);
    if (run.leased) {
      throw new AppError(
        "flow_run_held",
        `Flow run ${id} is in the hands of an agent and cannot be deleted; cancel it, and delete it when it has ended.`,
        { metadata: { flow_run_id: id } },
      );
    }
    const deleted = await deleteFlowRunRow(tx, id);
    if (deleted === undefined) throw flowRunNotFound(id);
    // A Prefect worker may have had it: its slot is free.
    if (deleted.workPoolId !== null) {
      await notifyOnCommit(tx, ctx.wakeUps, "pool", [deleted.workPoolId]);
    }
    return deleted.workPoolId;
  });
  if (workPoolId !== null) ctx.wakeUps.emit("pool", workPoolId);
  ctx.wakeUps.emit("flowRun", id);
}
