/** The types of flow run state, on which all rules act. */
export const STATE_TYPES = [
  "SCHEDULED",
  "PENDING",
  "RUNNING",
  "PAUSED",
  "CANCELLING",
  "COMPLETED",
  "FAILED",
  "CRASHED",
  "CANCELLED",
] as const;

/** The type of a flow run's state. */
export type StateType = (typeof STATE_TYPES)[number];

const TERMINAL: ReadonlySet<StateType> = new Set(["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]);

/** Whether a run in such a state has ended. */
export function isTerminal(type: StateType): boolean {
  return TERMINAL.has(type);
}

/** The name of a state where nothing more is to say than its type. */
export function defaultStateName(type: StateType): string {
  return type.charAt(0) + type.slice(1).toLowerCase();
}
