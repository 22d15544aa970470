import type { StateType as WireStateType } from "#proto/sluice/v1/flow_run.ts";
import { STATE_TYPES, type StateType } from "#shared/states.ts";
import type { Cell } from "./table.ts";
import type { Sink } from "./terminal.ts";

/** The names states have, beside the type in title case. */
export const STATE_NAMES = [
  "Scheduled",
  "Late",
  "AwaitingRetry",
  "AwaitingConcurrencySlot",
  "Resuming",
  "Pending",
  "Submitting",
  "InfrastructurePending",
  "Running",
  "Retrying",
  "Paused",
  "Suspended",
  "Cancelling",
  "Completed",
  "Cached",
  "Failed",
  "TimedOut",
  "Crashed",
  "Cancelled",
] as const;

/** The type without the prefix of the wire; undefined for one this program does not know. */
export function stateType(wire: WireStateType | undefined): StateType | undefined {
  return STATE_TYPES.find((type) => wire === `STATE_TYPE_${type}`);
}

/** A state's name in the colour of its type. */
export function paintState(sink: Sink, type: StateType | undefined, text: string): string {
  const { colours } = sink;
  switch (type) {
    case "SCHEDULED":
      return colours.yellow(text);
    case "RUNNING":
      return colours.blue(text);
    case "COMPLETED":
      return colours.green(text);
    case "FAILED":
      return colours.red(text);
    case "CRASHED":
      return colours.isColorSupported ? `\u001b[38;5;214m${text}\u001b[39m` : text;
    case "PENDING":
    case "PAUSED":
    case "CANCELLING":
    case "CANCELLED":
      return colours.gray(text);
    case undefined:
      return text;
  }
}

/** The cell of a table that shows a state, with what else there is to say of it. */
export function stateCell(
  sink: Sink,
  state: { readonly type: WireStateType; readonly name: string } | undefined,
  more = "",
): Cell {
  if (state === undefined) return "";
  return {
    text: `${state.name} ${more}`.trimEnd(),
    paint: (text) => paintState(sink, stateType(state.type), text),
  };
}
