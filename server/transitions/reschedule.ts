import { forAnotherAgent, stateAfterLoss } from "#server/domain/reschedule.ts";
import type { TransitionContext } from "./context.ts";
import type { Attempt } from "./held-attempts.ts";
import { proposeState, releasingMove, storedChange } from "./propose-state.ts";
import type { Writes } from "./take-back.ts";

/**
 * Gives the run of an attempt that is over to whichever agent comes next, with its place among the
 * waiting. `what` is a sentence. The caller ends the lease.
 */
export function reschedule(
  ctx: TransitionContext,
  { run, lease }: Attempt,
  what: string,
  writes: Writes,
): void {
  const state = { type: run.stateType, details: run.stateDetails ?? {} };
  const proposed = stateAfterLoss({ state, eligibleAt: lease.eligibleAt, what });
  if (proposed === null) return;
  const change = storedChange(proposeState(ctx, run, proposed));
  if (change !== null) writes.moves.push(releasingMove(run, forAnotherAgent(change)));
}
