import { defaultStateName } from "#shared/states.ts";
import { bookkeeping } from "./bookkeeping.ts";
import type { FlowRunFacts, Orchestration, SlotEffect } from "./flow-run.ts";
import { POLICIES } from "./policies.ts";
import type { Draft, Move, Rule, Verdict } from "./rule.ts";
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
 * Decides on a proposal: the rules of the policy are asked in order, each about the proposal as the
 * ones before left it. Pure: same facts, same answer.
 */
export function orchestrate(
  policy: PolicyName,
  facts: FlowRunFacts,
  proposed: ProposedState,
  input: OrchestrationInput,
): Orchestration {
  let move = firstMove(facts, proposed, input);
  let rejection: string | null = null;
  for (const rule of POLICIES[policy]) {
    if (!isAbout(rule, move)) continue;
    const verdict = rule.decide(move);
    switch (verdict.kind) {
      case "pass":
        break;
      case "amend":
        move = amended(move, verdict);
        break;
      case "reject":
        if (verdict.instead === null) return rejectedUnchanged(verdict.reason);
        rejection = verdict.reason;
        move = replaced(move, verdict.instead, verdict.policy);
        break;
      case "wait":
        return { status: "WAIT", reason: verdict.reason, delaySeconds: verdict.delaySeconds };
      case "abort":
        return { status: "ABORT", reason: verdict.reason };
    }
  }
  const change = bookkeeping(move);
  if (rejection === null) return { status: "ACCEPT", change, slot: move.slot };
  return { status: "REJECT", reason: rejection, change, slot: move.slot };
}

function firstMove(facts: FlowRunFacts, proposed: ProposedState, input: OrchestrationInput): Move {
  const { type, name = defaultStateName(type), message = null, data, details = {} } = proposed;
  return {
    facts,
    proposed: { type, name, message, data: data ?? null, details },
    policy: facts.policy,
    slot: NO_SLOT,
    input,
  };
}

function isAbout(rule: Rule, move: Move): boolean {
  const from = move.facts.state?.type ?? null;
  return rule.from.includes(from) && rule.to.includes(move.proposed.type);
}

function amended(move: Move, verdict: Extract<Verdict, { kind: "amend" }>): Move {
  const { details = move.proposed.details, policy = move.policy, slot = move.slot } = verdict;
  return { ...move, proposed: { ...move.proposed, details }, policy, slot };
}

/**
 * The move with another state in place of the proposal. A slot that was to be taken for the
 * proposal is not; the proposal's transition id stays, so that repeating it changes nothing.
 */
function replaced(move: Move, instead: Draft, policy = move.policy): Move {
  const { transitionId } = move.proposed.details;
  const details =
    transitionId === undefined ? instead.details : { ...instead.details, transitionId };
  return { ...move, proposed: { ...instead, details }, policy, slot: NO_SLOT };
}

function rejectedUnchanged(reason: string): Orchestration {
  return { status: "REJECT", reason, change: null, slot: NO_SLOT };
}

const NO_SLOT: SlotEffect = { kind: "none" };
