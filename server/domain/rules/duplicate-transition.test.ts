import { describe } from "bun:test";
import { testRule } from "#test/support/rule-case.ts";
import { preventDuplicateTransitions } from "./duplicate-transition.ts";

const asked = { transitionId: "t-1", scheduledTime: 0 };

describe(preventDuplicateTransitions.name, () => {
  testRule([
    {
      title: "the proposal that made the current state, sent again, changes nothing",
      from: "PENDING",
      current: { details: asked },
      proposed: { type: "PENDING", details: { transitionId: "t-1" } },
      answer: "REJECT",
      holds: { change: null, slot: { kind: "none" } },
    },
    {
      title: "a proposal whose retry was stored in its place, sent again, does not end the run",
      from: "SCHEDULED",
      current: { name: "AwaitingRetry", details: asked },
      proposed: { type: "FAILED", details: { transitionId: "t-1" } },
      answer: "REJECT",
      holds: { change: null },
    },
    {
      title: "another transition id is another proposal",
      from: "PENDING",
      current: { details: asked },
      proposed: { type: "RUNNING", details: { transitionId: "t-2" } },
      answer: "ACCEPT",
      holds: { change: { state: { details: { transitionId: "t-2" } } } },
    },
    {
      title: "two proposals without an id are not the same",
      from: "RUNNING",
      proposed: { type: "RUNNING" },
      answer: "ACCEPT",
    },
  ]);
});
