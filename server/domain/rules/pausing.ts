import { isTerminal } from "#shared/states.ts";
import {
  ANY_ORIGIN,
  ANY_TYPE,
  draft,
  PASS,
  refusal,
  type Move,
  type Rule,
} from "#server/domain/rule.ts";

/** Only code that runs can pause, and at each of its pauses once. */
export const handlePausing: Rule = {
  name: "HandlePausing",
  summary:
    "To PAUSED from anything but RUNNING, or with a pause key used before: REJECT. Suspending a subflow, or a run without a deployment: ABORT. Otherwise the key is remembered.",
  from: ANY_ORIGIN,
  to: ["PAUSED"],
  decide(move) {
    const { pauseKey, pauseReschedule } = move.proposed.details;
    if (move.facts.state?.type !== "RUNNING") {
      return { kind: "reject", reason: refusal(move, "it is not RUNNING"), instead: null };
    }
    if (pauseKey !== undefined && move.policy.pauseKeys.includes(pauseKey)) {
      const reason = refusal(move, `it has been at pause "${pauseKey}" before`);
      return { kind: "reject", reason, instead: null };
    }
    if (pauseReschedule === true) {
      const why = whyNotSuspended(move);
      if (why !== null) return { kind: "abort", reason: refusal(move, why) };
    }
    if (pauseKey === undefined) return PASS;
    const pauseKeys = [...move.policy.pauseKeys, pauseKey];
    return { kind: "amend", policy: { ...move.policy, pauseKeys } };
  },
};

/**
 * A pause ends by going on, by waiting for infrastructure, or by the run's end. One more way is
 * for runs that an agent of ours holds: it can be told to stop.
 */
export const handleResuming: Rule = {
  name: "HandleResuming",
  summary:
    "PAUSED to anything but RUNNING, SCHEDULED or an end: REJECT (to CANCELLING allowed while an agent holds the lease). After the pause's timeout: REJECT, FAILED is stored. A suspended run whose deployment is gone: REJECT. Otherwise it is marked as resuming.",
  from: ["PAUSED"],
  to: ANY_TYPE,
  decide(move) {
    const { type } = move.proposed;
    const resumes = type === "RUNNING" || type === "SCHEDULED";
    if (type === "CANCELLING" && move.facts.leaseHeld) return PASS;
    if (!resumes && !isTerminal(type)) {
      const why = "from a pause it can only be resumed or ended";
      return { kind: "reject", reason: refusal(move, why), instead: null };
    }
    const timeout = move.facts.state?.details.pauseTimeout;
    if (timeout !== undefined && timeout < move.input.now) {
      return {
        kind: "reject",
        reason: refusal(move, "the time to resume it has passed"),
        instead: draft("FAILED", { message: "The run was paused and not resumed in time." }),
      };
    }
    if (!resumes) return PASS;
    if (move.facts.state?.details.pauseReschedule === true && !hasDeployment(move)) {
      const reason = refusal(move, "without a deployment it cannot be given infrastructure again");
      return { kind: "reject", reason, instead: null };
    }
    return { kind: "amend", policy: { ...move.policy, resuming: true } };
  },
};

function whyNotSuspended(move: Move): string | null {
  if (move.facts.isSubflow) return "a subflow cannot be suspended, only paused";
  if (!hasDeployment(move)) return "without a deployment a suspended run could not be resumed";
  return null;
}

function hasDeployment({ facts }: Move): boolean {
  return facts.deploymentId !== null && facts.deploymentExists;
}
