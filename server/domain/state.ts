import type { StateType } from "#shared/states.ts";

/** Milliseconds since 1970 with a fraction for microseconds, by the database's clock. */
export type Millis = number;

/** What the rules remember about one state. Times are Millis, spans seconds. */
export interface StateDetails {
  /** When a SCHEDULED run is due; carried into PENDING. */
  readonly scheduledTime?: Millis;
  /** A caller's name for one transition: proposing it again returns the stored state. */
  readonly transitionId?: string;
  readonly pauseTimeout?: Millis;
  /** True for a suspended run: its infrastructure is gone and comes back on resume. */
  readonly pauseReschedule?: boolean;
  readonly pauseKey?: string;
  readonly runInputKeyset?: Readonly<Record<string, string>>;
  /** The lease on a slot of the deployment's concurrency limit. */
  readonly deploymentConcurrencyLeaseId?: string;
  /** Everything else a client put there, kept as it came. */
  readonly other?: Readonly<Record<string, unknown>>;
}

/** A state as stored. */
export interface State {
  readonly id: string;
  readonly type: StateType;
  readonly name: string;
  readonly timestamp: Millis;
  readonly message: string | null;
  /** A reference to a persisted result, as the engine sent it; null for none. */
  readonly data: unknown;
  readonly details: StateDetails;
}

/** A state somebody would like a run to enter. Without a name, the type's own. */
export interface ProposedState {
  readonly type: StateType;
  readonly name?: string;
  readonly message?: string | null;
  readonly data?: unknown;
  readonly details?: StateDetails;
}
