import type { FlowRunChange, FlowRunKind } from "#server/domain/flow-run.ts";
import { orchestrate } from "#server/domain/orchestrate.ts";
import type { Millis, ProposedState } from "#server/domain/state.ts";
import { newId } from "#shared/ids.ts";
import type { TransitionContext } from "./context.ts";

/** A run that is being created, as far as the rules ask. */
export interface RunToBe {
  readonly id: string;
  readonly kind: FlowRunKind;
  readonly deploymentId: string | null;
  readonly retries: number;
  readonly retryDelaySeconds: number;
}

/** What a run's columns become with its first state. The rules refuse none that it is created with. */
export function firstState(
  ctx: TransitionContext,
  run: RunToBe,
  proposed: ProposedState,
  now: Millis,
): FlowRunChange {
  const { id, kind, deploymentId, retries, retryDelaySeconds } = run;
  const answer = orchestrate(
    "minimal",
    {
      id,
      kind,
      state: null,
      runCount: 0,
      expectedStartTime: null,
      nextScheduledStartTime: null,
      startTime: null,
      endTime: null,
      totalRunTimeSeconds: 0,
      policy: { retries, retryDelaySeconds, retryType: null, pauseKeys: [], resuming: false },
      infrastructureId: null,
      leaseHeld: false,
      deploymentId,
      deploymentExists: deploymentId !== null,
      concurrency: null,
      isSubflow: false,
    },
    proposed,
    { now, stateId: newId(), slotLeaseId: newId(), settings: ctx.numbers },
  );
  if (answer.status !== "ACCEPT") throw new Error("the rules refused a run's first state");
  return answer.change;
}
