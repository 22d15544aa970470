import { describe, expect, test } from "bun:test";
import type { DeploymentConcurrency } from "#server/domain/flow-run.ts";
import { ask, NOW, testRule } from "#test/support/rule-case.ts";
import {
  enforceDeploymentConcurrencyOnLate,
  preserveSlotLease,
  releaseDeploymentSlot,
  secureDeploymentSlot,
  validateSlotAtRunning,
} from "./deployment-slots.ts";

const CANCELLED = "REJECT → CANCELLED";
const none = { kind: "none" };
const holding = { details: { deploymentConcurrencyLeaseId: "old-slot" } };

function limit(rest: Partial<DeploymentConcurrency> = {}): {
  concurrency: DeploymentConcurrency;
} {
  return {
    concurrency: {
      limit: 1,
      slotsHeld: 0,
      strategy: "ENQUEUE",
      gracePeriodSeconds: null,
      ownLeaseAlive: false,
      ...rest,
    },
  };
}

describe(secureDeploymentSlot.name, () => {
  const proposed = { type: "PENDING" } as const;
  const full = { slotsHeld: 1 };
  testRule([
    {
      title: "a free slot is taken, and the state names its lease",
      from: "SCHEDULED",
      facts: limit(),
      proposed,
      answer: "ACCEPT",
      holds: {
        slot: { kind: "acquire", leaseId: "new-slot", ttlSeconds: 300 },
        change: {
          state: {
            details: { deploymentConcurrencyLeaseId: "new-slot", scheduledTime: NOW - 10_000 },
          },
        },
      },
    },
    {
      title: "the deployment's grace period is the life of the lease",
      from: "FAILED",
      facts: limit({ gracePeriodSeconds: 60 }),
      proposed,
      answer: "ACCEPT",
      holds: { slot: { kind: "acquire", ttlSeconds: 60 } },
    },
    {
      title: "a full deployment lets the run wait",
      from: "SCHEDULED",
      facts: limit(full),
      proposed,
      answer: 'REJECT → SCHEDULED "AwaitingConcurrencySlot"',
      holds: { slot: none, change: { nextScheduledStartTime: NOW + 30_000 } },
    },
    {
      title: "a full deployment that cancels new runs cancels the run",
      from: "SCHEDULED",
      facts: limit({ ...full, strategy: "CANCEL_NEW" }),
      proposed,
      answer: CANCELLED,
      holds: { slot: none },
    },
    {
      title: "a limit of 0 would never let the run go",
      from: "SCHEDULED",
      facts: limit({ limit: 0 }),
      proposed,
      answer: "ABORT",
    },
    {
      title: "a run whose deployment is gone does not become PENDING",
      from: "SCHEDULED",
      facts: { deploymentExists: false },
      proposed,
      answer: "ABORT",
    },
    {
      title: "a run without a deployment needs no slot",
      from: "SCHEDULED",
      facts: { deploymentId: null, deploymentExists: false },
      proposed,
      answer: "ACCEPT",
      holds: { slot: none },
    },
    {
      title: "a slot is not taken twice",
      from: "PENDING",
      current: holding,
      facts: limit({ slotsHeld: 1, ownLeaseAlive: true }),
      proposed: { type: "PENDING", name: "Submitting" },
      answer: "ACCEPT",
      holds: {
        slot: none,
        change: { state: { details: { deploymentConcurrencyLeaseId: "old-slot" } } },
      },
    },
    {
      title: "a slot taken for a proposal that a later rule rejects is not taken",
      from: "PAUSED",
      facts: limit(),
      proposed,
      answer: "REJECT",
      holds: { slot: none, change: null },
    },
    {
      title: "force takes no slot",
      policy: "minimal",
      from: "SCHEDULED",
      facts: limit(full),
      proposed,
      answer: "ACCEPT",
      holds: { slot: none },
    },
  ]);
});

describe(validateSlotAtRunning.name, () => {
  const proposed = { type: "RUNNING" } as const;
  testRule([
    {
      title: "the lease of the slot is renewed",
      from: "PENDING",
      current: holding,
      facts: limit({ slotsHeld: 1, ownLeaseAlive: true, gracePeriodSeconds: 90 }),
      proposed,
      answer: "ACCEPT",
      holds: { slot: { kind: "renew", leaseId: "old-slot", ttlSeconds: 90 } },
    },
    {
      title: "a lost slot is replaced",
      from: "PENDING",
      current: holding,
      facts: limit(),
      proposed,
      answer: "ACCEPT",
      holds: {
        slot: { kind: "acquire", leaseId: "new-slot" },
        change: { state: { details: { deploymentConcurrencyLeaseId: "new-slot" } } },
      },
    },
    {
      title: "a lost slot that another run has cancels the run",
      from: "PENDING",
      current: holding,
      facts: limit({ slotsHeld: 1 }),
      proposed,
      answer: CANCELLED,
      holds: { slot: { kind: "release", leaseId: "old-slot" } },
    },
    {
      title: "a limit set after the run was taken does not stop it",
      from: "PENDING",
      facts: limit({ slotsHeld: 1 }),
      proposed,
      answer: "ACCEPT",
      holds: { slot: none },
    },
    {
      title: "a run that must wait renews nothing",
      from: "PENDING",
      current: {
        details: { deploymentConcurrencyLeaseId: "old-slot", scheduledTime: NOW + 5000 },
      },
      facts: limit({ slotsHeld: 1, ownLeaseAlive: true }),
      proposed,
      answer: "WAIT 5 s",
    },
  ]);
});

describe(releaseDeploymentSlot.name, () => {
  const released = { slot: { kind: "release", leaseId: "old-slot" } };
  testRule([
    ...(["core", "minimal"] as const).map((policy) => ({
      title: `${policy}: an end gives the slot back, though the deployment is gone`,
      policy,
      from: "RUNNING" as const,
      current: holding,
      facts: { deploymentExists: false },
      proposed: { type: "COMPLETED" } as const,
      answer: "ACCEPT",
      holds: released,
    })),
    {
      title: "a retry gives the slot back",
      from: "RUNNING",
      current: holding,
      facts: {
        policy: {
          retries: 1,
          retryDelaySeconds: 0,
          retryType: null,
          pauseKeys: [],
          resuming: false,
        },
      },
      proposed: { type: "FAILED" },
      answer: 'REJECT → SCHEDULED "AwaitingRetry"',
      holds: released,
    },
    {
      title: "a pause gives the slot back",
      from: "RUNNING",
      current: holding,
      proposed: { type: "PAUSED" },
      answer: "ACCEPT",
      holds: released,
    },
    {
      title: "a run that is to stop keeps its slot until it has",
      from: "RUNNING",
      current: holding,
      proposed: { type: "CANCELLING" },
      answer: "ACCEPT",
      holds: {
        slot: none,
        change: { state: { details: { deploymentConcurrencyLeaseId: "old-slot" } } },
      },
    },
  ]);
});

describe(preserveSlotLease.name, () => {
  test("a state without a slot names no lease, whatever a proposal says", () => {
    const answer = ask({
      from: "RUNNING",
      proposed: { type: "COMPLETED", details: { deploymentConcurrencyLeaseId: "made-up" } },
    });
    expect(answer).toMatchObject({
      status: "ACCEPT",
      slot: none,
      change: { state: { details: {} } },
    });
    expect(JSON.stringify(answer)).not.toContain("made-up");
  });

  testRule([
    {
      title: "force does not make a run forget its slot",
      policy: "minimal",
      from: "RUNNING",
      current: holding,
      proposed: { type: "PENDING" },
      answer: "ACCEPT",
      holds: {
        slot: none,
        change: { state: { details: { deploymentConcurrencyLeaseId: "old-slot" } } },
      },
    },
    {
      title: "a proposal does not change which slot a run has",
      from: "RUNNING",
      current: holding,
      proposed: { type: "RUNNING", details: { deploymentConcurrencyLeaseId: "made-up" } },
      answer: "ACCEPT",
      holds: { change: { state: { details: { deploymentConcurrencyLeaseId: "old-slot" } } } },
    },
  ]);
});

describe(enforceDeploymentConcurrencyOnLate.name, () => {
  const proposed = { type: "SCHEDULED", name: "Late" } as const;
  testRule([
    {
      title: "a late run of a full deployment that cancels new runs is CANCELLED",
      policy: "mark-late",
      from: "SCHEDULED",
      facts: limit({ slotsHeld: 1, strategy: "CANCEL_NEW" }),
      proposed,
      answer: CANCELLED,
    },
    {
      title: "a late run of a full deployment that lets runs wait is Late",
      policy: "mark-late",
      from: "SCHEDULED",
      facts: limit({ slotsHeld: 1 }),
      proposed,
      answer: "ACCEPT",
    },
    {
      title: "a late run of a deployment with a free slot is Late",
      policy: "mark-late",
      from: "SCHEDULED",
      facts: limit({ strategy: "CANCEL_NEW" }),
      proposed,
      answer: "ACCEPT",
    },
  ]);
});
