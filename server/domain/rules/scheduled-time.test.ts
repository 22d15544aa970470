import { describe } from "bun:test";
import type { StateType } from "#shared/states.ts";
import { NOW, testRule, type RuleCase } from "#test/support/rule-case.ts";
import { waitForScheduledTime } from "./scheduled-time.ts";

function early(from: StateType, ms: number, answer: string): RuleCase {
  return {
    title: `${from}, due in ${ms} ms, gets ${answer}`,
    from,
    current: { details: { scheduledTime: NOW + ms } },
    proposed: { type: "RUNNING" },
    answer,
  };
}

describe(waitForScheduledTime.name, () => {
  testRule([
    early("SCHEDULED", 300, "ACCEPT"),
    early("SCHEDULED", 499.999, "ACCEPT"),
    early("PENDING", 0, "ACCEPT"),
    early("PENDING", -60_000, "ACCEPT"),
    early("PENDING", 501, "WAIT 1 s"),
    early("SCHEDULED", 1400, "WAIT 1 s"),
    early("SCHEDULED", 1600, "WAIT 2 s"),
    early("SCHEDULED", 20 * 3_600_000, "WAIT 72000 s"),
    {
      title: "force starts a run twenty hours early",
      policy: "minimal",
      from: "SCHEDULED",
      current: { details: { scheduledTime: NOW + 72_000_000 } },
      proposed: { type: "RUNNING" },
      answer: "ACCEPT",
      holds: { change: { runCount: 1, startTime: NOW } },
    },
    {
      title: "a run without a scheduled time may start",
      from: "PENDING",
      current: { details: {} },
      proposed: { type: "RUNNING" },
      answer: "ACCEPT",
    },
    {
      title: "an engine that sleeps before its retry waits for its end",
      from: "SCHEDULED",
      current: { name: "AwaitingRetry", details: { scheduledTime: NOW + 200_000 } },
      proposed: { type: "RUNNING" },
      answer: "WAIT 200 s",
    },
  ]);
});
