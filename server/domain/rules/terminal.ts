import { isTerminal, STATE_TYPES } from "#shared/states.ts";
import { PASS, refusal, type Move, type Rule, type Verdict } from "#server/domain/rule.ts";

const TERMINAL = STATE_TYPES.filter(isTerminal);
const NOT_TERMINAL = STATE_TYPES.filter((type) => !isTerminal(type));

/** Ended runs stay ended, unless they are started anew in a way that loses nothing. */
export const handleTerminalTransitions: Rule = {
  name: "HandleTerminalTransitions",
  summary:
    "An ended run: to CANCELLING, PAUSED or CRASHED ABORT; to SCHEDULED without a deployment ABORT; a persisted result is not given up: REJECT.",
  from: TERMINAL,
  to: STATE_TYPES,
  decide(move) {
    const { type } = move.proposed;
    if (type === "CANCELLING" || type === "PAUSED" || type === "CRASHED") {
      return { kind: "abort", reason: refusal(move, "it has ended") };
    }
    if (hasPersistedResult(move) && !isTerminal(type)) {
      const reason = refusal(move, "it has a persisted result");
      return { kind: "reject", reason, instead: null };
    }
    if (
      type === "SCHEDULED" &&
      (move.facts.deploymentId === null || !move.facts.deploymentExists)
    ) {
      const reason = refusal(move, "without a deployment no agent could run it again");
      return { kind: "abort", reason };
    }
    return keepResult(move);
  },
};

/** What even force does not do: replace a persisted result by none. */
export const preventResultDataLoss: Rule = {
  name: "PreventResultDataLoss",
  summary: "COMPLETED with a persisted result to COMPLETED without: REJECT.",
  from: ["COMPLETED"],
  to: ["COMPLETED"],
  decide: keepResult,
};

/** An ended run that lives again starts with a clean memory, where agents can find it. */
export const reopenEndedRuns: Rule = {
  name: "ReopenEndedRuns",
  summary:
    "An ended run that goes on forgets its pauses; in SCHEDULED it is for agents to take (retry type `reschedule`).",
  from: TERMINAL,
  to: NOT_TERMINAL,
  decide(move) {
    const forgotten = { ...move.policy, pauseKeys: [], resuming: false };
    if (move.proposed.type !== "SCHEDULED") return { kind: "amend", policy: forgotten };
    return { kind: "amend", policy: { ...forgotten, retryType: "reschedule" } };
  },
};

function keepResult(move: Move): Verdict {
  const losing =
    hasPersistedResult(move) &&
    move.proposed.type === "COMPLETED" &&
    !isPersisted(move.proposed.data);
  if (!losing) return PASS;
  const reason = refusal(move, "its persisted result would be lost");
  return { kind: "reject", reason, instead: null };
}

function hasPersistedResult({ facts }: Move): boolean {
  return facts.state?.type === "COMPLETED" && isPersisted(facts.state.data);
}

/** Engines mark a result that exists only in their memory as `unpersisted`. */
function isPersisted(data: unknown): boolean {
  if (data === null || data === undefined) return false;
  return !(typeof data === "object" && "type" in data && data.type === "unpersisted");
}
