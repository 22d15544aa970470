import { PASS, refusal, type Rule } from "#server/domain/rule.ts";

/** No run starts before it is due. Half a second is near enough: whole seconds are waited. */
export const waitForScheduledTime: Rule = {
  name: "WaitForScheduledTime",
  summary:
    "SCHEDULED or PENDING to RUNNING before its time: WAIT, whole seconds, rounded to the nearest; less than half a second early is let through.",
  from: ["SCHEDULED", "PENDING"],
  to: ["RUNNING"],
  decide(move) {
    const due = move.facts.state?.details.scheduledTime;
    if (due === undefined) return PASS;
    const delaySeconds = Math.round((due - move.input.now) / 1000);
    if (delaySeconds <= 0) return PASS;
    const reason = refusal(move, `it is due in ${delaySeconds} s`);
    return { kind: "wait", reason, delaySeconds };
  },
};
