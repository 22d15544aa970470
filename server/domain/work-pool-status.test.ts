import { describe, expect, test } from "bun:test";
import {
  followedStatusEvent,
  statusEventName,
  tellsStatus,
  workPoolStatus,
} from "./work-pool-status.ts";

describe("the status of a pool", () => {
  test.each([
    [true, true, "PAUSED", "prefect.work-pool.paused"],
    [true, false, "PAUSED", "prefect.work-pool.paused"],
    [false, true, "READY", "prefect.work-pool.ready"],
    [false, false, "NOT_READY", "prefect.work-pool.not-ready"],
  ])("paused %p, served %p is %s", (isPaused, isServed, status, event) => {
    expect(workPoolStatus(isPaused, isServed)).toBe(status as ReturnType<typeof workPoolStatus>);
    expect(statusEventName(workPoolStatus(isPaused, isServed))).toBe(event);
  });

  test("is told of every type but the one of old agents", () => {
    expect(tellsStatus("prefect-agent")).toBeFalse();
    for (const type of ["process", "cloud-run:push", "prefect:managed"])
      expect(tellsStatus(type)).toBeTrue();
  });
});

describe("a status event", () => {
  const minute = 60_000;

  test("follows the one before it within ten minutes", () => {
    expect(followedStatusEvent({ eventId: "a", at: 0 }, 10 * minute - 1)).toBe("a");
    expect(followedStatusEvent({ eventId: "a", at: 0 }, 10 * minute)).toBeNull();
  });

  test("follows nothing if it is the first", () => {
    expect(followedStatusEvent({ eventId: null, at: null }, 0)).toBeNull();
    expect(followedStatusEvent({ eventId: null, at: 0 }, 1)).toBeNull();
  });
});
