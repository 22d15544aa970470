import type { Orchestration } from "#server/domain/flow-run.ts";
import type { PolicyName } from "#server/domain/orchestrate.ts";
import type { ProposedState } from "#server/domain/state.ts";
import { withDeploymentSlots } from "#server/store/deployment-slots.ts";
import { lockFlowRuns } from "#server/store/flow-run-changes.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { keepingMove, proposeState, storedChange } from "#server/transitions/propose-state.ts";
import { noWakes, wake, writeAttempts } from "#server/transitions/write-attempts.ts";

/** Proposes a state as somebody who holds no lease of ours: a Prefect worker, or an engine. */
export async function propose(
  ctx: TransitionContext,
  flowRunId: string,
  proposed: ProposedState,
  policy: PolicyName = "core",
): Promise<Orchestration> {
  const wakes = noWakes();
  const answer = await inTransaction(ctx.pool, async (tx) => {
    const locked = [...(await lockFlowRuns(tx, [flowRunId])).values()];
    const [run] = await withDeploymentSlots(tx, locked);
    if (run === undefined) throw new Error(`no run ${flowRunId}`);
    const answered = proposeState(ctx, run, proposed, policy);
    const change = storedChange(answered);
    const moves = change === null ? [] : [keepingMove(run, change)];
    await writeAttempts(ctx, tx, { moves, leases: [] }, wakes);
    return answered;
  });
  wake(ctx, wakes);
  return answer;
}
