import { isTerminal } from "#shared/states.ts";
import type { FlowRunChange } from "./flow-run.ts";
import type { Millis, ProposedState, State } from "./state.ts";

/** An attempt that is over because its agent and the control plane lost each other. */
export interface LostAttempt {
  /** The run's state now. */
  readonly state: Pick<State, "type" | "details">;
  /** When the attempt could have started first: its place among the waiting. */
  readonly eligibleAt: Millis;
  /** What happened, as a sentence for people. */
  readonly what: string;
}

/**
 * What to propose for the run of an attempt that may start again; null: nothing, because the run
 * does not depend on it any more. One that somebody asked to stop has stopped. One that waited at a
 * pause is not tried again: that would take it past the pause without anybody's word.
 */
export function stateAfterLoss({ state, eligibleAt, what }: LostAttempt): ProposedState | null {
  if (isTerminal(state.type)) return null;
  if (state.type === "CANCELLING") return { type: "CANCELLED", message: `Cancelled. ${what}` };
  if (state.type === "PAUSED") {
    if (state.details.pauseReschedule === true) return null;
    return { type: "CRASHED", message: `${what} It was paused, so it is not tried again.` };
  }
  return {
    type: "SCHEDULED",
    name: "AwaitingRetry",
    message: `${what} It is tried again.`,
    details: { scheduledTime: state.details.scheduledTime ?? eligibleAt },
  };
}

/** The change by which a run waits for another agent, whatever hid it from agents before. */
export function forAnotherAgent(change: FlowRunChange): FlowRunChange {
  if (change.state.type !== "SCHEDULED") return change;
  return { ...change, policy: { ...change.policy, retryType: "reschedule" } };
}
