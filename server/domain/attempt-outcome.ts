import { isTerminal } from "#shared/states.ts";
import { explainExit } from "./exit-codes.ts";
import type { FlowRunKind } from "./flow-run.ts";
import type { ProposedState, State } from "./state.ts";

/** How an attempt ended, as its agent reports it. */
export type AttemptEnd =
  | {
      readonly kind: "exited";
      readonly exitCode: number | null;
      /** Name of the signal that ended it, as `SIGKILL`; null or empty: none. */
      readonly signal: string | null;
      /** Whether the agent ended it because it was told to. */
      readonly stoppedOnOrder: boolean;
      /** Anything else to tell people; null or empty: nothing. */
      readonly message: string | null;
    }
  | {
      readonly kind: "crashed";
      readonly reason: string;
      /** Whether it is certain that no user code ran. */
      readonly neverStarted: boolean;
    };

/** The state of the run when the end is stored. */
export type StateAtEnd = Pick<State, "type" | "name" | "details">;

/**
 * What to propose for a run whose attempt has ended; null: nothing, because the run's state does
 * not depend on that attempt any more. `poolType` is null if it is not known any more.
 */
export function attemptOutcome(
  kind: FlowRunKind,
  state: StateAtEnd,
  end: AttemptEnd,
  poolType: string | null,
): ProposedState | null {
  if (isTerminal(state.type) || hasMovedOn(kind, state)) return null;
  if (state.type === "CANCELLING")
    return { type: "CANCELLED", message: cancelledMessage(end, poolType) };
  if (end.kind === "crashed") return { type: "CRASHED", message: crashMessage(end) };
  const extra = end.message === null || end.message === "" ? "" : ` ${end.message}`;
  if (end.stoppedOnOrder) {
    const message = `The attempt was stopped by its agent before its end.${extra}`;
    return { type: "CRASHED", message };
  }
  const exit = explainExit(end.exitCode, end.signal, poolType);
  if (exit.kind === "clean" && kind === "engine") {
    const message = `The engine ended without reporting an end of the run.${extra}`;
    return { type: "CRASHED", message };
  }
  if (exit.kind === "clean") return { type: "COMPLETED", message: extra.trim() || null };
  const type = exit.kind === "error" && kind === "command" ? "FAILED" : "CRASHED";
  return { type, message: exit.explanation + extra };
}

/**
 * Whether the run waits for its next attempt, or is suspended, so that the end of this one is as
 * it should be. An engine that sleeps before its own retry is still needed; a command is not
 * suspended by itself, so its end counts.
 */
function hasMovedOn(kind: FlowRunKind, state: StateAtEnd): boolean {
  if (state.type === "SCHEDULED") return !(kind === "engine" && state.name === "AwaitingRetry");
  return kind === "engine" && state.type === "PAUSED" && state.details.pauseReschedule === true;
}

function cancelledMessage(end: AttemptEnd, poolType: string | null): string {
  if (end.kind === "crashed") {
    return end.neverStarted
      ? "Cancelled before any user code ran."
      : `Cancelled; how the attempt ended is not known: ${end.reason}`;
  }
  if (end.stoppedOnOrder) return "Cancelled; its processes are gone.";
  const { explanation } = explainExit(end.exitCode, end.signal, poolType);
  return `Cancelled; it had ended before it was stopped. ${explanation}`;
}

function crashMessage(end: Extract<AttemptEnd, { kind: "crashed" }>): string {
  return end.neverStarted ? `No user code ran: ${end.reason}` : end.reason;
}
