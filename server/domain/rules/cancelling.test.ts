import { describe } from "bun:test";
import { STATE_TYPES } from "#shared/states.ts";
import { retryPolicy, testRule } from "#test/support/rule-case.ts";
import {
  bypassCancellingWithoutInfrastructure,
  enforceCancellingToCancelled,
} from "./cancelling.ts";

const CANCELLED = "REJECT → CANCELLED";

describe(enforceCancellingToCancelled.name, () => {
  testRule([
    ...STATE_TYPES.filter((type) => type !== "CANCELLED").map((type) => ({
      title: `a run that is being cancelled does not become ${type}`,
      from: "CANCELLING" as const,
      proposed: { type },
      answer: "REJECT",
      holds: { change: null, slot: { kind: "none" } },
    })),
    {
      title: "a run that is being cancelled becomes CANCELLED",
      from: "CANCELLING",
      proposed: { type: "CANCELLED" },
      answer: "ACCEPT",
    },
    {
      title: "force leaves CANCELLING",
      policy: "minimal",
      from: "CANCELLING",
      proposed: { type: "SCHEDULED" },
      answer: "ACCEPT",
    },
  ]);
});

describe(bypassCancellingWithoutInfrastructure.name, () => {
  const proposed = { type: "CANCELLING", message: "stop it" } as const;
  const suspended = { name: "Suspended", details: { pauseReschedule: true } };
  testRule([
    {
      title: "a run that nobody holds is CANCELLED at once, with the proposer's message",
      from: "SCHEDULED",
      proposed,
      answer: CANCELLED,
      holds: { change: { state: { message: "stop it" } } },
    },
    {
      title: "force takes the same short way",
      policy: "minimal",
      from: "SCHEDULED",
      proposed,
      answer: CANCELLED,
    },
    {
      title: "an engine asleep before its retry is stopped first",
      from: "SCHEDULED",
      current: { name: "AwaitingRetry" },
      facts: { infrastructureId: "4711" },
      proposed,
      answer: "ACCEPT",
    },
    {
      title: "a command that waits for its next attempt has nothing to stop",
      from: "SCHEDULED",
      current: { name: "AwaitingRetry" },
      facts: { kind: "command", infrastructureId: "4711" },
      proposed,
      answer: CANCELLED,
    },
    {
      title: "an engine that its lost agent has killed is not there any more",
      from: "SCHEDULED",
      current: { name: "AwaitingRetry" },
      facts: {
        infrastructureId: "4711",
        policy: retryPolicy(0, { retryType: "reschedule" }),
      },
      proposed,
      answer: CANCELLED,
    },
    {
      title: "a leased run is not CANCELLED at once, though no infrastructure was reported",
      from: "SCHEDULED",
      facts: { leaseHeld: true },
      proposed,
      answer: "ACCEPT",
    },
    {
      title: "a leased run that is about to start is CANCELLING first",
      from: "PENDING",
      facts: { leaseHeld: true },
      proposed,
      answer: "ACCEPT",
    },
    {
      title: "a run that is resuming has lost its infrastructure",
      from: "SCHEDULED",
      current: { name: "Resuming" },
      facts: { infrastructureId: "4711" },
      proposed,
      answer: CANCELLED,
    },
    {
      title: "a suspended run has lost its infrastructure",
      from: "PAUSED",
      current: suspended,
      facts: { infrastructureId: "4711" },
      proposed,
      answer: CANCELLED,
    },
    {
      title: "a suspended run that is still leased is CANCELLING first",
      from: "PAUSED",
      current: suspended,
      facts: { leaseHeld: true },
      proposed,
      answer: "ACCEPT",
    },
    {
      title: "a running run is CANCELLING first",
      from: "RUNNING",
      proposed,
      answer: "ACCEPT",
    },
  ]);
});
