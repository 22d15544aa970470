import { describe } from "bun:test";
import { NOW, retryPolicy, testRule } from "#test/support/rule-case.ts";
import { handlePausing, handleResuming } from "./pausing.ts";

const suspend = {
  type: "PAUSED",
  name: "Suspended",
  details: { pauseKey: "b", pauseReschedule: true },
} as const;

describe(handlePausing.name, () => {
  testRule([
    {
      title: "a running run pauses, and the pause is remembered",
      from: "RUNNING",
      facts: { policy: retryPolicy(0, { pauseKeys: ["a"] }) },
      proposed: { type: "PAUSED", details: { pauseKey: "b" } },
      answer: "ACCEPT",
      holds: { change: { policy: { pauseKeys: ["a", "b"] }, totalRunTimeSeconds: 5 } },
    },
    {
      title: "a pause passed before is not made again",
      from: "RUNNING",
      facts: { policy: retryPolicy(0, { pauseKeys: ["a", "b"] }) },
      proposed: { type: "PAUSED", details: { pauseKey: "b" } },
      answer: "REJECT",
      holds: { change: null },
    },
    {
      title: "a run that waits does not pause",
      from: "SCHEDULED",
      proposed: { type: "PAUSED" },
      answer: "REJECT",
    },
    {
      title: "a paused run does not pause again",
      from: "PAUSED",
      proposed: { type: "PAUSED" },
      answer: "REJECT",
    },
    {
      title: "a run of a deployment is suspended",
      from: "RUNNING",
      proposed: suspend,
      answer: "ACCEPT",
    },
    {
      title: "a subflow is not suspended",
      from: "RUNNING",
      facts: { isSubflow: true },
      proposed: suspend,
      answer: "ABORT",
    },
    {
      title: "a subflow pauses",
      from: "RUNNING",
      facts: { isSubflow: true },
      proposed: { type: "PAUSED" },
      answer: "ACCEPT",
    },
    {
      title: "a run without a deployment is not suspended",
      from: "RUNNING",
      facts: { deploymentId: null, deploymentExists: false },
      proposed: suspend,
      answer: "ABORT",
    },
  ]);
});

describe(handleResuming.name, () => {
  const suspended = { name: "Suspended", details: { pauseReschedule: true } };
  const expired = { details: { pauseTimeout: NOW - 1 } };
  testRule([
    {
      title: "a paused run goes on without counting as another run",
      from: "PAUSED",
      current: { details: { pauseTimeout: NOW } },
      proposed: { type: "RUNNING" },
      answer: "ACCEPT",
      holds: { change: { runCount: 1, policy: { resuming: false } } },
    },
    {
      title: "a suspended run waits for infrastructure, marked as resuming",
      from: "PAUSED",
      current: suspended,
      proposed: { type: "SCHEDULED", name: "Resuming" },
      answer: "ACCEPT",
      holds: { change: { nextScheduledStartTime: NOW, policy: { resuming: true } } },
    },
    {
      title: "a suspended run that had retried in process is for agents to take when it resumes",
      from: "PAUSED",
      current: suspended,
      facts: { policy: retryPolicy(3, { retryType: "in_process" }) },
      proposed: { type: "SCHEDULED", name: "Resuming" },
      answer: "ACCEPT",
      holds: { change: { policy: { retryType: null } } },
    },
    {
      title: "a run marked as resuming runs without counting as another run",
      from: "PENDING",
      facts: { runCount: 1, policy: retryPolicy(0, { resuming: true }) },
      proposed: { type: "RUNNING" },
      answer: "ACCEPT",
      holds: { change: { runCount: 1, policy: { resuming: false } } },
    },
    {
      title: "a paused run is not taken by a worker",
      from: "PAUSED",
      proposed: { type: "PENDING" },
      answer: "REJECT",
      holds: { change: null },
    },
    {
      title: "a paused run that nobody of ours holds cannot be told to stop",
      from: "PAUSED",
      proposed: { type: "CANCELLING" },
      answer: "REJECT",
    },
    {
      title: "a paused run that an agent holds can be told to stop",
      from: "PAUSED",
      facts: { leaseHeld: true },
      proposed: { type: "CANCELLING" },
      answer: "ACCEPT",
    },
    {
      title: "a paused run can be ended",
      from: "PAUSED",
      proposed: { type: "CANCELLED" },
      answer: "ACCEPT",
      holds: { change: { policy: { resuming: false } } },
    },
    {
      title: "a pause that nobody ended in time becomes a failure",
      from: "PAUSED",
      current: expired,
      facts: { policy: retryPolicy(5) },
      proposed: { type: "RUNNING" },
      answer: "REJECT → FAILED",
      holds: { change: { endTime: NOW, nextScheduledStartTime: null } },
    },
    {
      title: "force ends no pause by its timeout",
      policy: "minimal",
      from: "PAUSED",
      current: expired,
      proposed: { type: "RUNNING" },
      answer: "ACCEPT",
    },
    {
      title: "a suspended run whose deployment is gone does not resume",
      from: "PAUSED",
      current: suspended,
      facts: { deploymentExists: false },
      proposed: { type: "SCHEDULED" },
      answer: "REJECT",
      holds: { change: null },
    },
    {
      title: "a suspended run whose deployment is gone can be ended",
      from: "PAUSED",
      current: suspended,
      facts: { deploymentExists: false },
      proposed: { type: "CANCELLED" },
      answer: "ACCEPT",
    },
  ]);
});
