import type { FlowRunFacts, Orchestration } from "./flow-run.ts";
import type { Millis, ProposedState } from "./state.ts";

/** Which rules apply. */
export type PolicyName =
  /** All rules. */
  | "core"
  /** Forced transitions and creation: only what protects results and cancellation. */
  | "minimal"
  /** The marking of late runs. */
  | "mark-late";

/** What an answer depends on beside the run: time and fresh ids, handed in so that rules stay pure. */
export interface OrchestrationInput {
  readonly now: Millis;
  /** Id of the state that is stored, if one is. */
  readonly stateId: string;
  /** Id of a slot lease, if one is acquired. */
  readonly slotLeaseId: string;
  readonly settings: OrchestrationSettings;
}

/** Settings the rules read. Seconds. */
export interface OrchestrationSettings {
  /** Wait before a run that found its deployment full is tried again. */
  readonly concurrencySlotWaitSeconds: number;
  /** Life of a deployment slot lease until the engine first renews it. */
  readonly initialSlotLeaseSeconds: number;
}

/**
 * Decides on a proposal: semantics of every orchestration rule, in the order of the policy.
 * Pure: same facts, same answer.
 */
export declare function orchestrate(
  policy: PolicyName,
  facts: FlowRunFacts,
  proposed: ProposedState,
  input: OrchestrationInput,
): Orchestration;
