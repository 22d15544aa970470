import { expect, test } from "bun:test";
import type { FlowRunFacts, Orchestration } from "#server/domain/flow-run.ts";
import { orchestrate, type PolicyName } from "#server/domain/orchestrate.ts";
import { describeAnswer } from "#server/domain/state-table.ts";
import type { ProposedState, State } from "#server/domain/state.ts";
import { defaultStateName, isTerminal, type StateType } from "#shared/states.ts";

/** A round moment, in Millis. */
export const NOW = 1_700_000_000_000;

/** The settings of all rule tests. */
export const SETTINGS = { concurrencySlotWaitSeconds: 30, initialSlotLeaseSeconds: 300 };

/** One row of a rule's table: given a run and a proposal, then this answer. */
export interface RuleCase {
  /** Ends the title of the test: a sentence that can be false. */
  readonly title: string;
  readonly from: StateType | null;
  readonly current?: Partial<State>;
  readonly facts?: Partial<FlowRunFacts>;
  readonly proposed: ProposedState;
  readonly policy?: PolicyName;
  /** As `describeAnswer` says it. */
  readonly answer: string;
  /** What the answer must hold beside. */
  readonly holds?: object;
}

/** Registers one test a row. */
export function testRule(rows: readonly RuleCase[]): void {
  for (const row of rows) {
    test(row.title, () => {
      const answer = ask(row);
      expect(describeAnswer(answer)).toBe(row.answer);
      if (row.holds !== undefined) expect(answer).toMatchObject(row.holds);
      const reasoned = answer.status === "ACCEPT" ? null : answer.reason;
      if (reasoned !== null && row.from !== null) {
        expect(reasoned).toContain(row.from);
        expect(reasoned).toContain(row.proposed.type);
      }
    });
  }
}

/** The answer to a row's proposal. */
export function ask(row: Omit<RuleCase, "title" | "answer">): Orchestration {
  return orchestrate(row.policy ?? "core", factsFor(row), row.proposed, {
    now: NOW,
    stateId: "new-state",
    slotLeaseId: "new-slot",
    settings: SETTINGS,
  });
}

/** What is known of a run in such a state. */
export function factsFor({
  from,
  current,
  facts,
}: Pick<RuleCase, "from" | "current" | "facts">): FlowRunFacts {
  const ran = from !== null && from !== "SCHEDULED" && from !== "PENDING";
  return {
    id: "run",
    kind: "engine",
    state: from === null ? null : stateOf(from, current),
    runCount: ran ? 1 : 0,
    expectedStartTime: from === null ? null : NOW - 10_000,
    nextScheduledStartTime: from === "SCHEDULED" ? NOW - 10_000 : null,
    startTime: ran ? NOW - 5000 : null,
    endTime: from !== null && isTerminal(from) ? NOW - 1000 : null,
    totalRunTimeSeconds: 0,
    policy: retryPolicy(0),
    infrastructureId: null,
    leaseHeld: false,
    deploymentId: "deployment",
    deploymentExists: true,
    concurrency: null,
    isSubflow: false,
    ...facts,
  };
}

/** A policy with so many retries, ten seconds apart. */
export function retryPolicy(
  retries: number,
  rest: Partial<FlowRunFacts["policy"]> = {},
): FlowRunFacts["policy"] {
  return {
    retries,
    retryDelaySeconds: 10,
    retryType: null,
    pauseKeys: [],
    resuming: false,
    ...rest,
  };
}

/** A current state, entered five seconds ago and due before that. */
function stateOf(type: StateType, rest: Partial<State> = {}): State {
  const due = type === "SCHEDULED" || type === "PENDING";
  return {
    id: "old-state",
    type,
    name: defaultStateName(type),
    timestamp: NOW - 5000,
    message: null,
    data: null,
    details: due ? { scheduledTime: NOW - 10_000 } : {},
    ...rest,
  };
}
