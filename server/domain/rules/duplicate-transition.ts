import { ANY_STATE, ANY_TYPE, PASS, refusal, type Rule } from "#server/domain/rule.ts";

/** A proposal that was stored already, sent again because its answer was lost, changes nothing. */
export const preventDuplicateTransitions: Rule = {
  name: "PreventDuplicateTransitions",
  summary: "A transition id that made the current state: REJECT, the stored state stands.",
  from: ANY_STATE,
  to: ANY_TYPE,
  decide(move) {
    const id = move.proposed.details.transitionId;
    if (id === undefined || id !== move.facts.state?.details.transitionId) return PASS;
    const reason = refusal(move, `transition ${id} was carried out before`);
    return { kind: "reject", reason, instead: null };
  },
};
