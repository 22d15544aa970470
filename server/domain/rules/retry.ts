import { isTerminal, STATE_TYPES } from "#shared/states.ts";
import { ANY_STATE, draft, PASS, refusal, type Rule } from "#server/domain/rule.ts";

/**
 * A run that waits for its own sleeping engine is hidden from agents. Once it leaves that round, by
 * an end or by being scheduled for agents, nothing must hide it any more.
 */
export const endRetryInProcess: Rule = {
  name: "EndRetryInProcess",
  summary: "To an end, or from another type to SCHEDULED: retry type `in_process` is cleared.",
  from: ANY_STATE,
  to: STATE_TYPES.filter((type) => type === "SCHEDULED" || isTerminal(type)),
  decide(move) {
    const goesOnWaiting =
      move.facts.state?.type === "SCHEDULED" && move.proposed.type === "SCHEDULED";
    if (goesOnWaiting || move.policy.retryType !== "in_process") return PASS;
    return { kind: "amend", policy: { ...move.policy, retryType: null } };
  },
};

/** Failures of user code are tried again. Crashes are not: nobody knows how far the code came. */
export const retryFailed: Rule = {
  name: "RetryFailed",
  summary:
    "RUNNING to FAILED while run count ≤ retries: REJECT, SCHEDULED AwaitingRetry after the retry delay is stored; retry type `in_process` for an engine, `reschedule` for a command. Otherwise the retry type is cleared.",
  from: ["RUNNING"],
  to: ["FAILED"],
  decide(move) {
    const { facts, policy, proposed, input } = move;
    if (facts.runCount > policy.retries) {
      return { kind: "amend", policy: { ...policy, retryType: null } };
    }
    const left = policy.retries - facts.runCount;
    const why = `it is tried again in ${policy.retryDelaySeconds} s (then ${left} more times)`;
    return {
      kind: "reject",
      reason: refusal(move, why),
      instead: draft("SCHEDULED", {
        name: "AwaitingRetry",
        message: proposed.message,
        data: proposed.data,
        details: { scheduledTime: input.now + policy.retryDelaySeconds * 1000 },
      }),
      policy: {
        ...policy,
        pauseKeys: [],
        resuming: false,
        retryType: facts.kind === "engine" ? "in_process" : "reschedule",
      },
    };
  },
};
