import type { Millis, State } from "./state.ts";

/** How a run is executed: a program, or a flow whose engine reports its own states. */
export type FlowRunKind = "command" | "engine";

/** How failed attempts are tried again, and what pausing has left behind. */
export interface EmpiricalPolicy {
  readonly retries: number;
  readonly retryDelaySeconds: number;
  /** `in_process`: the engine sleeps and runs again. `reschedule`: an agent takes it anew. */
  readonly retryType: "in_process" | "reschedule" | null;
  readonly pauseKeys: readonly string[];
  readonly resuming: boolean;
}

/** What the deployment's concurrency limit says, read under its lock. */
export interface DeploymentConcurrency {
  /** At least 0. */
  readonly limit: number;
  readonly slotsHeld: number;
  readonly strategy: "ENQUEUE" | "CANCEL_NEW";
  readonly gracePeriodSeconds: number | null;
  /** Whether the slot lease named in the run's state still exists. */
  readonly ownLeaseAlive: boolean;
}

/** All that the rules may know about a run: read in one transaction, under the run's row lock. */
export interface FlowRunFacts {
  readonly id: string;
  readonly kind: FlowRunKind;
  /** Null only while the run is being created. */
  readonly state: State | null;
  readonly runCount: number;
  readonly expectedStartTime: Millis | null;
  readonly nextScheduledStartTime: Millis | null;
  readonly startTime: Millis | null;
  readonly endTime: Millis | null;
  readonly totalRunTimeSeconds: number;
  readonly policy: EmpiricalPolicy;
  /** What the infrastructure calls it; null: none was reported. */
  readonly infrastructureId: string | null;
  /** Whether an agent of ours holds an unended lease on it. */
  readonly leaseHeld: boolean;
  readonly deploymentId: string | null;
  /** Whether that deployment still exists. */
  readonly deploymentExists: boolean;
  /** Null: no limit. */
  readonly concurrency: DeploymentConcurrency | null;
  readonly isSubflow: boolean;
}

/** The columns of a run that follow from its new state. Complete: written as a whole. */
export interface FlowRunChange {
  readonly state: State;
  readonly runCount: number;
  readonly expectedStartTime: Millis | null;
  readonly nextScheduledStartTime: Millis | null;
  readonly startTime: Millis | null;
  readonly endTime: Millis | null;
  readonly totalRunTimeSeconds: number;
  readonly policy: EmpiricalPolicy;
  /** What goes with it for the deployment's slots; none if left out. */
  readonly slot?: SlotEffect;
}

/** What a transition must do to the deployment's slots, in the same transaction. */
export type SlotEffect =
  | { readonly kind: "none" }
  | { readonly kind: "acquire"; readonly leaseId: string; readonly ttlSeconds: number }
  | { readonly kind: "renew"; readonly leaseId: string; readonly ttlSeconds: number }
  | { readonly kind: "release"; readonly leaseId: string };

/** The answer to a proposal, as data. Only a transition carries it out. */
export type Orchestration =
  /** Stored as proposed, possibly amended. */
  | { readonly status: "ACCEPT"; readonly change: FlowRunChange; readonly slot: SlotEffect }
  /** Another state was stored (`change`), or nothing (`change` null) and the stored state stands. */
  | {
      readonly status: "REJECT";
      readonly reason: string;
      readonly change: FlowRunChange | null;
      readonly slot: SlotEffect;
    }
  /** Nothing stored; propose again after the delay. */
  | { readonly status: "WAIT"; readonly reason: string; readonly delaySeconds: number }
  /** Nothing stored; never propose this again. */
  | { readonly status: "ABORT"; readonly reason: string };
