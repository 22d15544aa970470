import { describe, expect, test } from "bun:test";
import type { StateType } from "#shared/states.ts";
import { ask } from "#test/support/rule-case.ts";
import { forAnotherAgent, stateAfterLoss } from "./reschedule.ts";
import type { StateDetails } from "./state.ts";

const ELIGIBLE_AT = 1_700_000_000_000;

function after(type: StateType, details: StateDetails = {}) {
  return stateAfterLoss({ state: { type, details }, eligibleAt: ELIGIBLE_AT, what: "Lost." });
}

describe("stateAfterLoss", () => {
  test("sends a running run back to where it stood among the waiting", () => {
    expect(after("RUNNING")).toEqual({
      type: "SCHEDULED",
      name: "AwaitingRetry",
      message: "Lost. It is tried again.",
      details: { scheduledTime: ELIGIBLE_AT },
    });
  });

  test("keeps the time of an engine that waited for its own retry", () => {
    const scheduledTime = ELIGIBLE_AT + 60_000;
    expect(after("SCHEDULED", { scheduledTime })?.details).toEqual({ scheduledTime });
  });

  test("cancels what was to stop", () => {
    expect(after("CANCELLING")).toEqual({ type: "CANCELLED", message: "Cancelled. Lost." });
  });

  test("takes no run past its pause", () => {
    expect(after("PAUSED")?.type).toBe("CRASHED");
    expect(after("PAUSED", { pauseReschedule: true })).toBeNull();
  });

  test("leaves an ended run alone", () => {
    expect(after("COMPLETED")).toBeNull();
  });
});

describe("forAnotherAgent", () => {
  const policy = {
    retries: 1,
    retryDelaySeconds: 0,
    retryType: "in_process",
    pauseKeys: [],
    resuming: false,
  } as const;

  test("shows a run to agents that waited for its own engine", () => {
    const answer = ask({
      from: "SCHEDULED",
      facts: { policy, leaseHeld: true },
      proposed: { type: "SCHEDULED", name: "AwaitingRetry" },
    });
    if (answer.status !== "ACCEPT") throw new Error(answer.reason);
    expect(answer.change.policy.retryType).toBe("in_process");
    expect(forAnotherAgent(answer.change).policy.retryType).toBe("reschedule");
  });

  test("leaves the change to an end as it is", () => {
    const answer = ask({ from: "CANCELLING", proposed: { type: "CANCELLED" } });
    if (answer.status !== "ACCEPT") throw new Error(answer.reason);
    expect(forAnotherAgent(answer.change)).toBe(answer.change);
  });
});
