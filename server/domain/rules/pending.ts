import { PASS, refusal, type Move, type Rule } from "#server/domain/rule.ts";

/** Only one of those who want to run a run gets it. */
export const preventPending: Rule = {
  name: "PreventPending",
  summary:
    "A run in hand or cancelled to PENDING: ABORT. Except PENDING under another name than Pending (Submitting, InfrastructurePending): accepted, its scheduled time carried over.",
  from: ["PENDING", "RUNNING", "CANCELLING", "CANCELLED"],
  to: ["PENDING"],
  decide(move) {
    const { state } = move.facts;
    const { name } = move.proposed;
    if (state?.type === "PENDING" && name !== state.name && name !== "Pending") {
      return carryScheduledTime(move);
    }
    const why = state?.type === "CANCELLED" ? "it was cancelled" : "it is in hand already";
    return { kind: "abort", reason: refusal(move, why) };
  },
};

/** When a run is due is known to whoever is about to start it. */
export const copyScheduledTime: Rule = {
  name: "CopyScheduledTime",
  summary: "SCHEDULED to PENDING: the scheduled time goes along.",
  from: ["SCHEDULED"],
  to: ["PENDING"],
  decide: carryScheduledTime,
};

function carryScheduledTime(move: Move) {
  const scheduledTime = move.facts.state?.details.scheduledTime;
  if (scheduledTime === undefined) return PASS;
  return { kind: "amend", details: { ...move.proposed.details, scheduledTime } } as const;
}
