import { defaultStateName, STATE_TYPES, type StateType } from "#shared/states.ts";
import type { EmpiricalPolicy, FlowRunFacts, SlotEffect } from "./flow-run.ts";
import type { OrchestrationInput } from "./orchestrate.ts";
import type { StateDetails } from "./state.ts";

/** A proposal with nothing left open. */
export interface Draft {
  readonly type: StateType;
  readonly name: string;
  readonly message: string | null;
  readonly data: unknown;
  readonly details: StateDetails;
}

/** A proposal on its way through the rules: what was amended so far, and what rules may know. */
export interface Move {
  readonly facts: FlowRunFacts;
  readonly proposed: Draft;
  readonly policy: EmpiricalPolicy;
  readonly slot: SlotEffect;
  readonly input: OrchestrationInput;
}

/** What a rule says to a move. */
export type Verdict =
  /** Nothing: on to the next rule. */
  | { readonly kind: "pass" }
  /** On to the next rule, with these parts replaced. */
  | {
      readonly kind: "amend";
      readonly details?: StateDetails;
      readonly policy?: EmpiricalPolicy;
      readonly slot?: SlotEffect;
    }
  /** REJECT: with `instead` the remaining rules see that state in place of the proposal. */
  | {
      readonly kind: "reject";
      readonly reason: string;
      readonly instead: Draft | null;
      readonly policy?: EmpiricalPolicy;
    }
  | { readonly kind: "wait"; readonly reason: string; readonly delaySeconds: number }
  | { readonly kind: "abort"; readonly reason: string };

/** Where a move may start: a type, or null for a run that is being created. */
export type Origin = StateType | null;

/** One rule. Asked only about moves from one of `from` to one of `to`. */
export interface Rule {
  readonly name: string;
  /** What it does, for docs/flow-run-states.md. */
  readonly summary: string;
  readonly from: readonly Origin[];
  readonly to: readonly StateType[];
  decide(move: Move): Verdict;
}

export const PASS: Verdict = { kind: "pass" };

/** All types a move may go to. */
export const ANY_TYPE: readonly StateType[] = STATE_TYPES;

/** All types of a run that exists. */
export const ANY_STATE: readonly Origin[] = STATE_TYPES;

/** Everything a move may start from, creation included. */
export const ANY_ORIGIN: readonly Origin[] = [null, ...STATE_TYPES];

/** All types but these. */
export function typesExcept(...types: readonly StateType[]): readonly StateType[] {
  return STATE_TYPES.filter((type) => !types.includes(type));
}

/** A state to store in place of the proposal. */
export function draft(type: StateType, rest: Partial<Draft> = {}): Draft {
  return { type, name: defaultStateName(type), message: null, data: null, details: {}, ...rest };
}

/** How reasons call a state: its type, and its name where that says more. */
export function describeState(state: { readonly type: StateType; readonly name: string }): string {
  return state.name === defaultStateName(state.type) ? state.type : `${state.type} "${state.name}"`;
}

/** A reason: from which state to which the run was not let, and why. */
export function refusal(move: Move, why: string): string {
  const current = move.facts.state === null ? "new" : describeState(move.facts.state);
  return `The run is ${current} and does not become ${describeState(move.proposed)}: ${why}.`;
}
