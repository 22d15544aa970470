import { ANY_ORIGIN, PASS, refusal, type Rule } from "#server/domain/rule.ts";

/** Late is said once, and only of runs that nobody took. */
export const ensureOnlyScheduledMarkedLate: Rule = {
  name: "EnsureOnlyScheduledMarkedLate",
  summary:
    "To SCHEDULED Late from another type, or from Late: REJECT. Otherwise the scheduled time stays.",
  from: ANY_ORIGIN,
  to: ["SCHEDULED"],
  decide(move) {
    const { state } = move.facts;
    if (move.proposed.name !== "Late") return PASS;
    if (state?.type !== "SCHEDULED" || state.name === "Late") {
      const why = state?.type === "SCHEDULED" ? "it is late already" : "only waiting runs are late";
      return { kind: "reject", reason: refusal(move, why), instead: null };
    }
    const { scheduledTime } = state.details;
    if (scheduledTime === undefined) return PASS;
    return { kind: "amend", details: { ...move.proposed.details, scheduledTime } };
  },
};
