import type { FlowRunMove } from "#server/store/flow-run-changes.ts";
import type { LeaseChange } from "#server/store/leases.ts";
import type { TransitionContext } from "./context.ts";
import type { Attempt } from "./held-attempts.ts";
import { proposeState, releasingMove, storedChange } from "./propose-state.ts";

/** What a transition writes: moves of runs and stamps of leases. */
export interface Writes {
  readonly moves: FlowRunMove[];
  readonly leases: LeaseChange[];
}

/**
 * Ends a lease whose user code was not permitted to start: its run is SCHEDULED again for its
 * original time, or CANCELLED if somebody asked it to stop.
 */
export function takeBack(
  ctx: TransitionContext,
  { run, lease }: Attempt,
  endReason: string,
  writes: Writes,
): void {
  const { flowRunId, epoch } = lease;
  writes.leases.push({ flowRunId, epoch, endReason });
  const proposed =
    run.stateType === "CANCELLING"
      ? ({ type: "CANCELLED", message: "Cancelled before it was started." } as const)
      : ({
          type: "SCHEDULED",
          message: `Back to the queue: ${endReason}.`,
          details: { scheduledTime: run.stateDetails?.scheduledTime ?? lease.eligibleAt },
        } as const);
  const inHand = run.stateType === "CANCELLING" || run.stateType === "PENDING";
  const change = inHand ? storedChange(proposeState(ctx, run, proposed)) : null;
  if (change !== null) writes.moves.push(releasingMove(run, change));
}
