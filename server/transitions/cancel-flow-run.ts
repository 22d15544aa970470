import { lockFlowRuns } from "#server/store/flow-run-changes.ts";
import { lockLeases } from "#server/store/leases.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import type { TransitionContext } from "./context.ts";
import { keepingMove, proposeState, storedChange } from "./propose-state.ts";
import type { Writes } from "./take-back.ts";
import { noWakes, wake, writeAttempts } from "./write-attempts.ts";

/**
 * Asks a run to stop. Where nobody holds it, it is CANCELLED at once; else it is CANCELLING, its
 * holder is told to kill the process tree, and its slot stays held until that is done.
 */
export async function cancelFlowRun(ctx: TransitionContext, flowRunId: string): Promise<void> {
  if (!isUuid(flowRunId)) {
    throw invalidField(
      "id",
      `'${flowRunId}' is not a flow run id; 'sluice flow-run ls' lists them`,
    );
  }
  const wakes = noWakes();
  await inTransaction(ctx.pool, async (tx) => {
    const run = (await lockFlowRuns(tx, [flowRunId])).get(flowRunId.toLowerCase());
    if (run === undefined) {
      throw new AppError("not_found", `There is no flow run ${flowRunId}.`, {
        metadata: { flow_run_id: flowRunId },
      });
    }
    const answer = proposeState(ctx, run, { type: "CANCELLING", message: "Asked to stop." });
    if (answer.status === "ABORT") {
      throw new AppError(
        "flow_run_ended",
        `Flow run ${flowRunId} has already ended: it is ${run.stateName}. Nothing was changed.`,
        { metadata: { flow_run_id: flowRunId, state: run.stateName } },
      );
    }
    const writes: Writes = { moves: [], leases: [] };
    const change = storedChange(answer);
    if (change !== null) writes.moves.push(keepingMove(run, change));
    if (run.leased) {
      const key = { flowRunId: run.id, epoch: run.epoch };
      const [lease] = (await lockLeases(tx, [key])).values();
      writes.leases.push({ ...key, revoking: "cancelled" });
      if (lease !== undefined) wakes.agents.add(lease.agentId);
    }
    if (run.workPoolId !== null) wakes.pools.add(run.workPoolId);
    await writeAttempts(ctx, tx, writes, wakes);
  });
  wake(ctx, wakes);
}
