import { describe } from "bun:test";
import { NOW, retryPolicy, testRule } from "#test/support/rule-case.ts";
import { endRetryInProcess, retryFailed } from "./retry.ts";

const RETRY = 'REJECT → SCHEDULED "AwaitingRetry"';
const failed = { type: "FAILED", message: "boom", data: { error: "e" } } as const;

describe(retryFailed.name, () => {
  testRule([
    {
      title: "a failed engine sleeps and runs again in process",
      from: "RUNNING",
      facts: { policy: retryPolicy(1, { pauseKeys: ["a"] }) },
      proposed: { ...failed, details: { transitionId: "t" } },
      answer: RETRY,
      holds: {
        change: {
          nextScheduledStartTime: NOW + 10_000,
          endTime: null,
          totalRunTimeSeconds: 5,
          runCount: 1,
          policy: { retryType: "in_process", pauseKeys: [], resuming: false },
          state: {
            message: "boom",
            data: { error: "e" },
            details: { transitionId: "t", scheduledTime: NOW + 10_000 },
          },
        },
      },
    },
    {
      title: "a failed command is for agents to take again",
      from: "RUNNING",
      facts: { kind: "command", policy: retryPolicy(1), leaseHeld: true },
      proposed: failed,
      answer: RETRY,
      holds: { change: { policy: { retryType: "reschedule" } } },
    },
    {
      title: "the last retry is used",
      from: "RUNNING",
      facts: { runCount: 2, policy: retryPolicy(2, { retryType: "in_process" }) },
      proposed: failed,
      answer: RETRY,
    },
    {
      title: "with no retries left the failure stands",
      from: "RUNNING",
      facts: { runCount: 3, policy: retryPolicy(2, { retryType: "in_process" }) },
      proposed: failed,
      answer: "ACCEPT",
      holds: { change: { endTime: NOW, policy: { retryType: null } } },
    },
    {
      title: "without retries the failure stands",
      from: "RUNNING",
      proposed: failed,
      answer: "ACCEPT",
    },
    {
      title: "a crash is not tried again",
      from: "RUNNING",
      facts: { policy: retryPolicy(9) },
      proposed: { type: "CRASHED" },
      answer: "ACCEPT",
    },
    {
      title: "a failure before the run ran is not tried again",
      from: "PENDING",
      facts: { policy: retryPolicy(9) },
      proposed: failed,
      answer: "ACCEPT",
    },
    {
      title: "a forced failure is not tried again",
      policy: "minimal",
      from: "RUNNING",
      facts: { policy: retryPolicy(9) },
      proposed: failed,
      answer: "ACCEPT",
    },
  ]);
});

describe(endRetryInProcess.name, () => {
  const inProcess = retryPolicy(3, { retryType: "in_process" });
  testRule([
    {
      title: "an end leaves nothing hidden from agents",
      from: "RUNNING",
      facts: { policy: inProcess },
      proposed: { type: "COMPLETED" },
      answer: "ACCEPT",
      holds: { change: { policy: { retryType: null } } },
    },
    {
      title: "a forced return to the queue leaves nothing hidden from agents",
      policy: "minimal",
      from: "RUNNING",
      facts: { policy: inProcess },
      proposed: { type: "SCHEDULED" },
      answer: "ACCEPT",
      holds: { change: { policy: { retryType: null } } },
    },
    {
      title: "a run that is cancelled for being late leaves its round of retries",
      policy: "mark-late",
      from: "SCHEDULED",
      facts: {
        policy: inProcess,
        concurrency: {
          limit: 0,
          slotsHeld: 0,
          strategy: "CANCEL_NEW",
          gracePeriodSeconds: null,
          ownLeaseAlive: false,
        },
      },
      proposed: { type: "SCHEDULED", name: "Late" },
      answer: "REJECT → CANCELLED",
      holds: { change: { policy: { retryType: null } } },
    },
    {
      title: "a lease taken back leaves nothing hidden from agents",
      from: "PENDING",
      facts: { policy: inProcess },
      proposed: { type: "SCHEDULED" },
      answer: "ACCEPT",
      holds: { change: { policy: { retryType: null } } },
    },
    {
      title: "another time for a sleeping engine keeps it hidden from agents",
      from: "SCHEDULED",
      facts: { policy: inProcess },
      proposed: { type: "SCHEDULED", details: { scheduledTime: NOW + 1 } },
      answer: "ACCEPT",
      holds: { change: { nextScheduledStartTime: NOW + 1, policy: { retryType: "in_process" } } },
    },
    {
      title: "an engine that runs again is still in its round of retries",
      from: "SCHEDULED",
      facts: { policy: inProcess, runCount: 1 },
      proposed: { type: "RUNNING" },
      answer: "ACCEPT",
      holds: { change: { runCount: 2, policy: { retryType: "in_process" } } },
    },
  ]);
});
