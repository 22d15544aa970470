import type { FlowRunChange, Orchestration } from "#server/domain/flow-run.ts";
import { orchestrate, type PolicyName } from "#server/domain/orchestrate.ts";
import type { ProposedState } from "#server/domain/state.ts";
import { factsOf, type FlowRunMove, type LockedFlowRun } from "#server/store/flow-run-changes.ts";
import { newId } from "#shared/ids.ts";
import type { TransitionContext } from "./context.ts";

/** The rules' answer on a locked run. Nothing is written yet. */
export function proposeState(
  ctx: TransitionContext,
  run: LockedFlowRun,
  proposed: ProposedState,
  policy: PolicyName = "core",
): Orchestration {
  return orchestrate(policy, factsOf(run), proposed, {
    now: run.now,
    stateId: newId(),
    slotLeaseId: newId(),
    settings: ctx.numbers,
  });
}

/**
 * What an answer stores, if anything: as proposed, or another state in its place. With what becomes
 * of the run's slot of its deployment.
 */
export function storedChange(answer: Orchestration): FlowRunChange | null {
  if (answer.status !== "ACCEPT" && answer.status !== "REJECT") return null;
  return answer.change === null ? null : { ...answer.change, slot: answer.slot };
}

/** The end of an attempt by which its run leaves the agent: the lease is over with it. */
export function releasingMove(run: LockedFlowRun, change: FlowRunChange): FlowRunMove {
  return { run, change, epoch: run.epoch, leased: false };
}

/** A change of state while the agent keeps what it holds. */
export function keepingMove(run: LockedFlowRun, change: FlowRunChange): FlowRunMove {
  return { run, change, epoch: run.epoch, leased: run.leased };
}
