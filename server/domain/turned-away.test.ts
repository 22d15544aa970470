import { describe, expect, test } from "bun:test";
import { type LimitedCandidate, type LimitRoom, turnedAway } from "./turned-away.ts";

const NOW = 1_700_000_000_000;

function run(flowRunId: string, rest: Partial<LimitedCandidate> = {}): LimitedCandidate {
  return {
    flowRunId,
    workQueueId: "q",
    priority: 1,
    dueAt: NOW,
    limitId: "l",
    collisionStrategy: "CANCEL_NEW",
    ...rest,
  };
}

function away(
  candidates: readonly LimitedCandidate[],
  placed: readonly string[],
  room: LimitRoom,
): string[] {
  return turnedAway(candidates, new Set(placed), new Map([["l", room]]), NOW);
}

describe("turnedAway", () => {
  test("runs beyond the limit are turned away, those that were placed are not", () => {
    const candidates = ["1", "2", "3"].map((id) => run(id));
    expect(away(candidates, ["1"], { limit: 2, free: 1 })).toEqual(["2", "3"]);
  });

  test("a run that no agent had room for waits while its deployment has a slot", () => {
    expect(away([run("1"), run("2")], ["1"], { limit: 2, free: 2 })).toEqual([]);
  });

  test("runs of a deployment that lets them wait are not turned away", () => {
    const waits = run("1", { collisionStrategy: "ENQUEUE" });
    expect(away([waits], [], { limit: 1, free: 0 })).toEqual([]);
  });

  test("a limit of 0 lets none wait", () => {
    const waits = run("1", { collisionStrategy: "ENQUEUE" });
    expect(away([waits], [], { limit: 0, free: 0 })).toEqual(["1"]);
  });

  test("a run that is not due yet is left alone", () => {
    expect(away([run("1", { dueAt: NOW + 1 })], [], { limit: 1, free: 0 })).toEqual([]);
  });

  test("what has no limit, or one that is not active or not known, is left alone", () => {
    expect(away([run("1", { limitId: null })], [], { limit: 1, free: 0 })).toEqual([]);
    expect(away([run("1")], [], { limit: 1, free: null })).toEqual([]);
    expect(away([run("1", { limitId: "other" })], [], { limit: 1, free: 0 })).toEqual([]);
  });
});
