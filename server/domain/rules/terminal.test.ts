import { describe } from "bun:test";
import { NOW, retryPolicy, testRule } from "#test/support/rule-case.ts";
import { handleTerminalTransitions, preventResultDataLoss, reopenEndedRuns } from "./terminal.ts";

const result = { data: { storage_key: "r-1" } };
const unpersisted = { data: { type: "unpersisted" } };

describe(handleTerminalTransitions.name, () => {
  testRule([
    {
      title: "a crash reported after a failure leaves the failure",
      from: "FAILED",
      proposed: { type: "CRASHED" },
      answer: "ABORT",
    },
    {
      title: "a completed run is not cancelled",
      from: "COMPLETED",
      proposed: { type: "CANCELLING" },
      answer: "ABORT",
    },
    {
      title: "a crashed run is not paused",
      from: "CRASHED",
      proposed: { type: "PAUSED" },
      answer: "ABORT",
    },
    {
      title: "a run with a persisted result does not run again",
      from: "COMPLETED",
      current: result,
      proposed: { type: "RUNNING" },
      answer: "REJECT",
      holds: { change: null },
    },
    {
      title: "a run with a persisted result is not scheduled again",
      from: "COMPLETED",
      current: result,
      proposed: { type: "SCHEDULED" },
      answer: "REJECT",
    },
    {
      title: "a run whose result lived in memory only runs again",
      from: "COMPLETED",
      current: unpersisted,
      proposed: { type: "RUNNING" },
      answer: "ACCEPT",
    },
    {
      title: "a persisted result is not replaced by none",
      from: "COMPLETED",
      current: result,
      proposed: { type: "COMPLETED" },
      answer: "REJECT",
    },
    {
      title: "a persisted result is not replaced by one in memory",
      from: "COMPLETED",
      current: result,
      proposed: { type: "COMPLETED", ...unpersisted },
      answer: "REJECT",
    },
    {
      title: "a persisted result is replaced by another",
      from: "COMPLETED",
      current: result,
      proposed: { type: "COMPLETED", data: { storage_key: "r-2" } },
      answer: "ACCEPT",
      holds: { change: { state: { data: { storage_key: "r-2" } } } },
    },
    {
      title: "a run that never had a deployment is not retried by hand",
      from: "FAILED",
      facts: { deploymentId: null, deploymentExists: false },
      proposed: { type: "SCHEDULED" },
      answer: "ABORT",
    },
    {
      title: "a run whose deployment is gone is not retried by hand",
      from: "FAILED",
      facts: { deploymentExists: false },
      proposed: { type: "SCHEDULED" },
      answer: "ABORT",
    },
  ]);
});

describe(preventResultDataLoss.name, () => {
  testRule([
    {
      title: "force does not replace a persisted result by none",
      policy: "minimal",
      from: "COMPLETED",
      current: result,
      proposed: { type: "COMPLETED" },
      answer: "REJECT",
      holds: { change: null },
    },
    {
      title: "force runs a completed run again",
      policy: "minimal",
      from: "COMPLETED",
      current: result,
      proposed: { type: "SCHEDULED" },
      answer: "ACCEPT",
    },
  ]);
});

describe(reopenEndedRuns.name, () => {
  const exhausted = retryPolicy(1, { retryType: "in_process", pauseKeys: ["a"], resuming: true });
  const reopened = {
    runCount: 2,
    startTime: NOW - 5000,
    endTime: null,
    policy: { retryType: "reschedule", pauseKeys: [], resuming: false },
  };
  for (const policy of ["core", "minimal"] as const) {
    testRule([
      {
        title: `${policy}: a run retried by hand, beyond its retries, is for agents to take`,
        policy,
        from: "FAILED",
        facts: { runCount: 2, policy: exhausted },
        proposed: { type: "SCHEDULED", name: "AwaitingRetry" },
        answer: "ACCEPT",
        holds: { change: reopened },
      },
      {
        title: `${policy}: an ended run that runs on forgets its pauses`,
        policy,
        from: "CRASHED",
        facts: { policy: exhausted },
        proposed: { type: "RUNNING" },
        answer: "ACCEPT",
        holds: { change: { runCount: 2, policy: { pauseKeys: [], resuming: false } } },
      },
    ]);
  }
});
