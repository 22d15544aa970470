import { describe, expect, test } from "bun:test";
import {
  isHealthy,
  queueStatusEvent,
  statusAfterPause,
  type WorkQueueStatus,
} from "./work-queue-status.ts";

const now = 1_000_000;
const polled = (secondsAgo: number | null) => ({
  lastPolledAt: secondsAgo === null ? null : now - secondsAgo * 1000,
  now,
});

describe("the status of a queue", () => {
  test.each(["READY", "NOT_READY", "PAUSED"] as const)("%s is PAUSED by a pause", (status) => {
    expect(statusAfterPause(status, true, polled(0))).toBe("PAUSED");
  });

  test.each([
    [0, "READY"],
    [60, "READY"],
    [60.001, "NOT_READY"],
    [null, "NOT_READY"],
  ] as const)("trap 17: resumed and last polled %p s ago is %s", (secondsAgo, status) => {
    expect(statusAfterPause("PAUSED", false, polled(secondsAgo))).toBe(status);
  });

  test.each(["READY", "NOT_READY"] as const)(
    "%s stays so when it is resumed without having been PAUSED",
    (status: WorkQueueStatus) => {
      expect(statusAfterPause(status, false, polled(0))).toBe(status);
      expect(statusAfterPause(status, false, polled(null))).toBe(status);
    },
  );

  test("is told by an event of its name", () => {
    expect((["READY", "NOT_READY", "PAUSED"] as const).map(queueStatusEvent)).toEqual([
      "ready",
      "not-ready",
      "paused",
    ]);
  });
});

test.each([
  [0, 0, true],
  [0, 60, true],
  [0, 61, false],
  [0, null, false],
  [1, 0, false],
] as const)(
  "with %p late runs and polled %p s ago a queue is healthy: %p",
  (late, ago, healthy) => {
    expect(isHealthy(late, polled(ago))).toBe(healthy);
  },
);

test("a policy may allow more", () => {
  const policy = { maximumLateRuns: 2, maximumSecondsSinceLastPolled: 100 };
  expect(isHealthy(2, polled(100), policy)).toBe(true);
  expect(isHealthy(3, polled(100), policy)).toBe(false);
  expect(isHealthy(2, polled(101), policy)).toBe(false);
});
