import { describe, expect, test } from "bun:test";
import {
  KILL_MARGIN_MS,
  leastRescheduleAfterMs,
  planForSilence,
  type SilencePlan,
} from "./loss-margins.ts";

describe("planForSilence", () => {
  const rows: readonly (readonly [string, number, number, SilencePlan])[] = [
    ["a minute", 60, 30, { stopAfterMs: 40_000, killAfterMs: 55_000 }],
    ["two minutes", 120, 30, { stopAfterMs: 85_000, killAfterMs: 115_000 }],
    ["the least there may be", 45, 30, { stopAfterMs: 40_000, killAfterMs: 40_000 }],
    ["less than a heartbeat", 4, 30, { stopAfterMs: 0, killAfterMs: 0 }],
    ["a minute, without a grace", 60, 0, { stopAfterMs: 55_000, killAfterMs: 55_000 }],
  ];
  for (const [what, lostAfter, grace, expected] of rows) {
    test(`of ${what} stops after ${expected.stopAfterMs / 1000} s and kills after ${expected.killAfterMs / 1000} s`, () => {
      const terms = { lostAfterMs: lostAfter * 1000, heartbeatMs: 10_000 };
      expect(planForSilence({ ...terms, stopGraceMs: grace * 1000 })).toEqual(expected);
    });
  }

  test("always kills a margin before the run is given away", () => {
    for (const lostAfterMs of [5_000, 9_000, 31_000, 45_000, 60_000, 3_600_000]) {
      for (const heartbeatMs of [100, 1_000, 10_000, 30_000]) {
        const plan = planForSilence({ lostAfterMs, heartbeatMs, stopGraceMs: 30_000 });
        expect(plan.killAfterMs + KILL_MARGIN_MS).toBeLessThanOrEqual(lostAfterMs);
        expect(plan.stopAfterMs).toBeLessThanOrEqual(plan.killAfterMs);
      }
    }
  });

  test("with the least span lets three beats be missed", () => {
    for (const heartbeatMs of [100, 1_000, 10_000]) {
      const lostAfterMs = leastRescheduleAfterMs(heartbeatMs);
      const plan = planForSilence({ lostAfterMs, heartbeatMs, stopGraceMs: 30_000 });
      expect(plan.stopAfterMs).toBe(4 * heartbeatMs);
    }
  });
});
