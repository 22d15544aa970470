import { describe, expect, test } from "bun:test";
import { STATE_TYPES } from "#shared/states.ts";
import { answerTo, coreAnswers, DRAWN_MOVES } from "./state-table.ts";

describe("the picture of the states", () => {
  for (const drawn of DRAWN_MOVES) {
    test(`${drawn.from ?? "a new run"} → ${drawn.to}, ${drawn.when}: the rules store it`, () => {
      const answer = answerTo(drawn);
      const isStored = answer.status === "ACCEPT" || answer.status === "REJECT";
      expect(isStored ? answer.change?.state.type : answer).toBe(drawn.to);
    });
  }

  test("every type can be reached in the picture, and every type has a way on", () => {
    const reached = new Set(DRAWN_MOVES.map((drawn) => drawn.to));
    const left = new Set(DRAWN_MOVES.map((drawn) => drawn.from));
    expect(STATE_TYPES.filter((type) => !reached.has(type))).toEqual([]);
    expect(STATE_TYPES.filter((type) => !left.has(type))).toEqual([]);
  });

  test("the answers cover every proposal in every type", () => {
    expect(coreAnswers().map((row) => row.length)).toEqual(
      STATE_TYPES.map(() => STATE_TYPES.length),
    );
  });
});
