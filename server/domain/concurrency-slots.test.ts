import { describe, expect, test } from "bun:test";
import { decideSlots, type SlotLimit, type SlotRequest } from "./concurrency-slots.ts";

function limit(rest: Partial<SlotLimit> = {}): SlotLimit {
  return {
    id: "id",
    name: "database",
    limit: 5,
    slotDecayPerSecond: 0,
    avgSlotOccupancySeconds: 2,
    denied: 0,
    free: 5,
    ...rest,
  };
}

function decide(rest: Partial<SlotRequest>, ...limits: SlotLimit[]) {
  return decideSlots({ slots: 1, mode: "concurrency", random: 0, ...rest }, limits);
}

describe("decideSlots", () => {
  test("grants what fits into all limits, to the last slot", () => {
    expect(decide({ slots: 5 }, limit())).toEqual({ granted: true });
    expect(decide({}, limit({ free: 1 }), limit({ free: 1 }))).toEqual({ granted: true });
    expect(decide({})).toEqual({ granted: true });
    expect(decide({}, limit({ free: null }))).toEqual({ granted: true });
  });

  test("names the limits that are full, and none of the others", () => {
    expect(decide({ slots: 2 }, limit({ id: "a", free: 1 }), limit({ id: "b" }))).toMatchObject({
      granted: false,
      full: ["a"],
    });
  });

  test("who finds a rate used up comes again when the slots of all before are free", () => {
    const rate = limit({ free: 0, slotDecayPerSecond: 0.5, denied: 3 });
    expect(decide({ slots: 2 }, rate)).toMatchObject({ retryAfterSeconds: 10 });
  });

  test("who finds a limit full comes again after an occupation, but never waits half a minute longer", () => {
    expect(decide({}, limit({ free: 0 }))).toMatchObject({ retryAfterSeconds: 2 });
    const long = limit({ free: 0, avgSlotOccupancySeconds: 3_600 });
    expect(decide({}, long)).toMatchObject({ retryAfterSeconds: 30 });
    const short = limit({ free: 0, avgSlotOccupancySeconds: 0 });
    expect(decide({}, short)).toMatchObject({ retryAfterSeconds: 0.1 });
  });

  test("those who come again are spread", () => {
    const rested = decide({ random: 1 }, limit({ free: 0 }));
    expect(rested).toMatchObject({ retryAfterSeconds: 2.5 });
  });

  test("refuses more than a limit has in all, by its name", () => {
    expect(() => decide({ slots: 6 }, limit())).toThrow("slots: 6 are more than limit 'database'");
  });

  test("refuses a rate of slots that are only given back by hand", () => {
    expect(() => decide({ mode: "rate_limit" }, limit())).toThrow("give limit 'database'");
    const rate = limit({ slotDecayPerSecond: 1 });
    expect(decide({ mode: "rate_limit" }, rate)).toEqual({ granted: true });
  });
});
