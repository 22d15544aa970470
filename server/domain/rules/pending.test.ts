import { describe } from "bun:test";
import { NOW, testRule } from "#test/support/rule-case.ts";
import { copyScheduledTime, preventPending } from "./pending.ts";

describe(preventPending.name, () => {
  testRule([
    {
      title: "a second taker gets nothing",
      from: "PENDING",
      proposed: { type: "PENDING" },
      answer: "ABORT",
    },
    {
      title: "a second taker gets nothing from a run that is being submitted",
      from: "PENDING",
      current: { name: "Submitting" },
      proposed: { type: "PENDING", name: "Pending" },
      answer: "ABORT",
    },
    {
      title: "its taker tells that it is submitting, and the run stays due when it was",
      from: "PENDING",
      proposed: { type: "PENDING", name: "Submitting" },
      answer: "ACCEPT",
      holds: { change: { state: { details: { scheduledTime: NOW - 10_000 } } } },
    },
    {
      title: "its taker goes on from one step to the next",
      from: "PENDING",
      current: { name: "Submitting" },
      proposed: { type: "PENDING", name: "InfrastructurePending" },
      answer: "ACCEPT",
    },
    {
      title: "the same step twice is refused",
      from: "PENDING",
      current: { name: "Submitting" },
      proposed: { type: "PENDING", name: "Submitting" },
      answer: "ABORT",
    },
    {
      title: "a running run is not taken",
      from: "RUNNING",
      proposed: { type: "PENDING", name: "Submitting" },
      answer: "ABORT",
    },
    {
      title: "a cancelled run is not taken",
      from: "CANCELLED",
      proposed: { type: "PENDING" },
      answer: "ABORT",
    },
    {
      title: "a failed run may be taken anew",
      from: "FAILED",
      proposed: { type: "PENDING" },
      answer: "ACCEPT",
      holds: { change: { endTime: null } },
    },
    {
      title: "force takes a run from its taker",
      policy: "minimal",
      from: "PENDING",
      proposed: { type: "PENDING" },
      answer: "ACCEPT",
    },
  ]);
});

describe(copyScheduledTime.name, () => {
  testRule([
    {
      title: "a taken run is due when it was, whatever its taker says",
      from: "SCHEDULED",
      current: { details: { scheduledTime: NOW + 7000 } },
      proposed: { type: "PENDING", details: { scheduledTime: NOW - 1 } },
      answer: "ACCEPT",
      holds: {
        change: {
          state: { details: { scheduledTime: NOW + 7000 } },
          nextScheduledStartTime: null,
        },
      },
    },
  ]);
});
