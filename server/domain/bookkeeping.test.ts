import { describe, expect, test } from "bun:test";
import type { FlowRunChange } from "./flow-run.ts";
import { ask, NOW, type RuleCase } from "#test/support/rule-case.ts";

function changeOf(row: Omit<RuleCase, "title" | "answer">): FlowRunChange {
  const answer = ask(row);
  if (answer.status !== "ACCEPT") throw new Error(`${answer.status}: ${answer.reason}`);
  return answer.change;
}

describe("what every stored state does to its run", () => {
  test("a state at the very time of the current one is a microsecond later", () => {
    const { state } = changeOf({
      from: "PENDING",
      current: { timestamp: NOW },
      proposed: { type: "RUNNING" },
    });
    expect(Math.round(state.timestamp * 1000)).toBe(NOW * 1000 + 1);
  });

  test("a thousand states in the same instant have a thousand timestamps", () => {
    let timestamp = NOW;
    const micros = new Set<number>();
    for (let i = 0; i < 1000; i++) {
      const current = { timestamp };
      ({ timestamp } = changeOf({ from: "RUNNING", current, proposed: { type: "RUNNING" } }).state);
      micros.add(Math.round(timestamp * 1000));
    }
    expect(micros.size).toBe(1000);
    expect(Math.max(...micros)).toBe(NOW * 1000 + 1000);
  });

  test("a clock that stepped back does not put a state before the current one", () => {
    const current = { timestamp: NOW + 60_000 };
    const { state } = changeOf({ from: "PENDING", current, proposed: { type: "RUNNING" } });
    expect(state.timestamp).toBeGreaterThan(NOW + 60_000);
  });

  test("a new run is expected when it is scheduled", () => {
    const change = changeOf({
      policy: "minimal",
      from: null,
      proposed: { type: "SCHEDULED", details: { scheduledTime: NOW + 5000 } },
    });
    expect(change).toMatchObject({
      expectedStartTime: NOW + 5000,
      nextScheduledStartTime: NOW + 5000,
      startTime: null,
      endTime: null,
      runCount: 0,
      state: { id: "new-state", name: "Scheduled", message: null, data: null },
    });
  });

  test("a new run without a time is due now, and its state says so", () => {
    const change = changeOf({ policy: "minimal", from: null, proposed: { type: "SCHEDULED" } });
    expect(change.nextScheduledStartTime).toBe(NOW);
    expect(change.state.details.scheduledTime).toBe(NOW);
  });

  test("a new run that is in hand already is expected now and not scheduled", () => {
    const change = changeOf({ policy: "minimal", from: null, proposed: { type: "PENDING" } });
    expect(change).toMatchObject({ expectedStartTime: NOW, nextScheduledStartTime: null });
  });

  test("what was expected first stays expected", () => {
    const proposed = { type: "SCHEDULED", details: { scheduledTime: NOW + 5000 } } as const;
    const facts = { expectedStartTime: NOW - 10_000 };
    expect(changeOf({ from: "FAILED", facts, proposed }).expectedStartTime).toBe(NOW - 10_000);
  });

  test("the first start stays the start time", () => {
    expect(changeOf({ from: "PENDING", proposed: { type: "RUNNING" } }).startTime).toBe(NOW);
    const facts = { startTime: NOW - 99 };
    expect(changeOf({ from: "PENDING", facts, proposed: { type: "RUNNING" } }).startTime).toBe(
      NOW - 99,
    );
  });

  test("a run that ends without having run started when it ended", () => {
    const change = changeOf({ from: "SCHEDULED", proposed: { type: "CANCELLED" } });
    expect(change).toMatchObject({ startTime: NOW, endTime: NOW, runCount: 0 });
  });

  test("one end after another leaves the first end's time", () => {
    const change = changeOf({ from: "FAILED", proposed: { type: "COMPLETED" } });
    expect(change.endTime).toBe(NOW - 1000);
  });

  test("time spent running is added up when running is left", () => {
    const facts = { totalRunTimeSeconds: 7 };
    const total = (from: "RUNNING" | "CANCELLING") =>
      changeOf({ from, facts, proposed: { type: "CANCELLED" } }).totalRunTimeSeconds;
    expect(total("RUNNING")).toBe(12);
    expect(total("CANCELLING")).toBe(7);
  });
});
