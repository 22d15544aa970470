import type { DeploymentConcurrency, FlowRunFacts } from "#server/domain/flow-run.ts";
import { testRule } from "#test/support/rule-case.ts";

const proposed = { type: "PENDING" } as const;
const none = { kind: "none" };

function command(slotsHeld: number, strategy: DeploymentConcurrency["strategy"] = "ENQUEUE") {
  const concurrency = {
    limit: 1,
    slotsHeld,
    strategy,
    gracePeriodSeconds: null,
    ownLeaseAlive: false,
  };
  return { kind: "command", concurrency } as const satisfies Partial<FlowRunFacts>;
}

testRule([
  {
    title: "a run without an engine holds its slot by being in hand, without a lease",
    from: "SCHEDULED",
    facts: command(0),
    proposed,
    answer: "ACCEPT",
    holds: { slot: none },
  },
  {
    title: "a full deployment lets a run without an engine wait",
    from: "SCHEDULED",
    facts: command(1),
    proposed,
    answer: 'REJECT → SCHEDULED "AwaitingConcurrencySlot"',
    holds: { slot: none },
  },
  {
    title: "a full deployment that cancels new runs cancels one without an engine",
    from: "SCHEDULED",
    facts: command(1, "CANCEL_NEW"),
    proposed,
    answer: "REJECT → CANCELLED",
    holds: { slot: none },
  },
]);
