import { draft, PASS, refusal, typesExcept, type Rule } from "#server/domain/rule.ts";

/** A run that was asked to stop can only turn out to have stopped. */
export const enforceCancellingToCancelled: Rule = {
  name: "EnforceCancellingToCancelled",
  summary:
    "CANCELLING to anything but CANCELLED, CANCELLING included: REJECT, it stays CANCELLING.",
  from: ["CANCELLING"],
  to: typesExcept("CANCELLED"),
  decide(move) {
    const reason = refusal(move, "it is being cancelled and can only become CANCELLED");
    return { kind: "reject", reason, instead: null };
  },
};

/**
 * A run of which nothing exists has nothing to tear down. A lease says that an agent may be about
 * to start it, so it counts as infrastructure. Without one, a command flow has none, whatever an
 * earlier attempt reported; an engine sleeping before its retry may still be there.
 */
export const bypassCancellingWithoutInfrastructure: Rule = {
  name: "BypassCancellingWithoutInfrastructure",
  summary:
    "A run without infrastructure (SCHEDULED and never started, rescheduled, resuming, or suspended; no lease) to CANCELLING: REJECT, CANCELLED is stored at once.",
  from: ["SCHEDULED", "PAUSED"],
  to: ["CANCELLING"],
  decide(move) {
    const { state, leaseHeld, infrastructureId, kind } = move.facts;
    if (state === null || leaseHeld) return PASS;
    const neverThere =
      state.type === "SCHEDULED" && (infrastructureId === null || kind === "command");
    // Its agent has killed it: no engine sleeps there.
    const lost = state.name === "AwaitingRetry" && move.policy.retryType === "reschedule";
    const gone =
      lost ||
      state.name === "Resuming" ||
      (state.type === "PAUSED" && state.details.pauseReschedule === true);
    if (!neverThere && !gone) return PASS;
    return {
      kind: "reject",
      reason: refusal(move, "it has no infrastructure to stop and is CANCELLED at once"),
      instead: draft("CANCELLED", { message: move.proposed.message }),
    };
  },
};
