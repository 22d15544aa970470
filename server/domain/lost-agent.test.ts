import { describe, expect, test } from "bun:test";
import {
  agentLiveness,
  type AgentLiveness,
  type HeldLease,
  type HolderJudgement,
  judgeHolder,
} from "./lost-agent.ts";

const NOW = 1_700_000_000_000;

const SILENCE = {
  now: NOW,
  graceFrom: 0,
  heartbeatSeconds: 10,
  missedHeartbeats: 3,
  lostAfterSeconds: 60,
  policy: "crash",
} as const;

function silentFor(seconds: number): { readonly lastSeenAt: number } {
  return { lastSeenAt: NOW - seconds * 1000 };
}

describe("agentLiveness", () => {
  type Agent = Parameters<typeof agentLiveness>[0];
  const rows: readonly (readonly [string, Partial<Agent>, AgentLiveness])[] = [
    ["heard of just now", silentFor(0), "online"],
    ["two beats and a half ago", silentFor(25), "online"],
    ["three beats ago", silentFor(30), "unreachable"],
    ["a moment before it is lost", silentFor(59.999), "unreachable"],
    ["sixty seconds ago", silentFor(60), "lost"],
    ["sixty seconds ago, to be kept", { ...silentFor(60), policy: "keep" }, "unreachable"],
    ["a day ago, to be kept", { ...silentFor(86_400), policy: "keep" }, "unreachable"],
    ["a minute ago, to be rescheduled", { ...silentFor(60), policy: "reschedule" }, "lost"],
    ["said goodbye just now", { ...silentFor(1), isConnected: false }, "unreachable"],
    ["said goodbye a minute ago", { ...silentFor(60), isConnected: false }, "lost"],
    [
      "a day ago, forgiven ten seconds ago",
      { ...silentFor(86_400), graceFrom: NOW - 10_000 },
      "online",
    ],
    ["a day ago, forgiven a minute ago", { ...silentFor(86_400), graceFrom: NOW - 60_000 }, "lost"],
    ["between two beats, to be lost after 5 s", { ...silentFor(9), lostAfterSeconds: 5 }, "online"],
    ["three beats ago, to be lost after 5 s", { ...silentFor(30), lostAfterSeconds: 5 }, "lost"],
  ];
  for (const [when, agent, expected] of rows) {
    test(`an agent heard of ${when} is ${expected}`, () => {
      const seen = agentLiveness({ ...SILENCE, ...silentFor(0), isConnected: true, ...agent });
      expect(seen).toBe(expected);
    });
  }
});

describe("judgeHolder", () => {
  const rows: readonly (readonly [string, Partial<HeldLease>, HolderJudgement])[] = [
    ["running, its agent silent for 59 s", silentFor(59), "wait"],
    ["running, its agent lost", silentFor(60), "crash"],
    ["running, its agent lost, to be kept", { ...silentFor(600), policy: "keep" }, "wait"],
    ["not started, its agent silent for 59 s", { ...silentFor(59), startGranted: false }, "wait"],
    ["not started, its agent lost", { ...silentFor(60), startGranted: false }, "take-back"],
    [
      "not started, its agent lost, to be kept",
      { ...silentFor(60), startGranted: false, policy: "keep" },
      "take-back",
    ],
    [
      "running, its agent silent for 59 s, to be rescheduled",
      { ...silentFor(59), policy: "reschedule" },
      "wait",
    ],
    [
      "running, its agent lost, to be rescheduled",
      { ...silentFor(60), policy: "reschedule" },
      "reschedule",
    ],
    [
      "not started, its agent lost, to be rescheduled",
      { ...silentFor(60), startGranted: false, policy: "reschedule" },
      "take-back",
    ],
    [
      "stopping since just now, its agent lost, to be rescheduled",
      { ...silentFor(60), revokedAt: NOW - 1, policy: "reschedule" },
      "reschedule",
    ],
    [
      "stopping for less than the deadline, its agent lost",
      { ...silentFor(400), revokedAt: NOW - 299_999 },
      "wait",
    ],
    [
      "stopping for the deadline, its agent lost",
      { ...silentFor(400), revokedAt: NOW - 300_000 },
      "cancel",
    ],
    [
      "stopping for the deadline, its agent only silent",
      { ...silentFor(59), revokedAt: NOW - 300_000 },
      "wait",
    ],
    [
      "stopping for the deadline, its agent lost, to be kept",
      { ...silentFor(400), revokedAt: NOW - 300_000, policy: "keep" },
      "cancel",
    ],
    [
      "stopping for long, all forgiven a minute ago",
      { ...silentFor(4000), revokedAt: NOW - 3_000_000, graceFrom: NOW - 60_000 },
      "wait",
    ],
  ];
  for (const [what, lease, expected] of rows) {
    test(`an attempt ${what}: ${expected}`, () => {
      const held = { ...SILENCE, ...silentFor(0), revokedAt: null, startGranted: true };
      expect(judgeHolder({ ...held, cancelDeadlineSeconds: 300, ...lease })).toBe(expected);
    });
  }
});
