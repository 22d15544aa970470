import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type {
  DeploymentConcurrency,
  FlowRunChange,
  FlowRunFacts,
  Orchestration,
  SlotEffect,
} from "./flow-run.ts";
import { orchestrate, type PolicyName } from "./orchestrate.ts";
import type { ProposedState } from "./state.ts";
import { isTerminal, STATE_TYPES } from "#shared/states.ts";
import { NOW, retryPolicy, SETTINGS } from "#test/support/rule-case.ts";

/** One proposal, with what the world looks like at that moment. */
interface Step {
  readonly policy: PolicyName;
  readonly proposed: ProposedState;
  readonly afterMs: number;
  readonly leaseHeld: boolean;
  readonly infrastructureId: string | null;
  readonly deploymentExists: boolean;
  readonly othersHold: number;
  readonly slotExpires: boolean;
}

/** What one run never changes. */
interface RunKind {
  readonly kind: "command" | "engine";
  readonly retries: number;
  readonly isSubflow: boolean;
  readonly limit: number | null;
  readonly strategy: "ENQUEUE" | "CANCEL_NEW";
}

const NAMES = ["Pending", "Submitting", "Late", "Resuming", "AwaitingRetry", "Suspended", "X"];

const anyProposal: fc.Arbitrary<ProposedState> = fc.record(
  {
    type: fc.constantFrom(...STATE_TYPES),
    name: fc.constantFrom(...NAMES),
    data: fc.constantFrom(null, { storage_key: "r" }, { type: "unpersisted" }),
    details: fc.record(
      {
        scheduledTime: fc.integer({ min: -5, max: 5 }).map((s) => NOW + s * 1000),
        transitionId: fc.constantFrom("t1", "t2", "t3"),
        pauseTimeout: fc.integer({ min: 0, max: 20 }).map((s) => NOW + s * 1000),
        pauseReschedule: fc.boolean(),
        pauseKey: fc.constantFrom("a", "b"),
        deploymentConcurrencyLeaseId: fc.constant("made-up"),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["type"] },
);

const anyStep: fc.Arbitrary<Step> = fc
  .record({
    policy: fc.constantFrom<PolicyName>("core", "core", "core", "minimal", "mark-late"),
    proposed: anyProposal,
    // Clocks stand still and step back, too.
    afterMs: fc.constantFrom(-2000, 0, 0, 0.0004, 0.25, 3, 1500, 30_000),
    leaseHeld: fc.boolean(),
    infrastructureId: fc.constantFrom(null, "4711"),
    deploymentExists: fc.constantFrom(true, true, true, false),
    othersHold: fc.integer({ min: 0, max: 2 }),
    slotExpires: fc.constantFrom(false, false, true),
  })
  .map((step) =>
    step.policy === "mark-late"
      ? { ...step, proposed: { type: "SCHEDULED", name: "Late" } as const }
      : step,
  );

const anyRun: fc.Arbitrary<RunKind> = fc.record({
  kind: fc.constantFrom("command", "engine"),
  retries: fc.integer({ min: 0, max: 3 }),
  isSubflow: fc.boolean(),
  limit: fc.constantFrom(null, 0, 1, 2),
  strategy: fc.constantFrom("ENQUEUE", "CANCEL_NEW"),
});

/** The slots of one run, as a database would keep them. */
class Slots {
  readonly alive = new Set<string>();
  readonly taken = new Set<string>();

  carryOut(effect: SlotEffect): void {
    switch (effect.kind) {
      case "none":
        return;
      case "acquire":
        expect(this.taken.has(effect.leaseId)).toBe(false);
        expect(effect.ttlSeconds).toBeGreaterThan(0);
        this.taken.add(effect.leaseId);
        this.alive.add(effect.leaseId);
        return;
      case "renew":
        expect(this.alive.has(effect.leaseId)).toBe(true);
        return;
      case "release":
        expect(this.taken.has(effect.leaseId)).toBe(true);
        this.alive.delete(effect.leaseId);
    }
  }
}

function newRun(run: RunKind): FlowRunFacts {
  return {
    id: "run",
    kind: run.kind,
    state: null,
    runCount: 0,
    expectedStartTime: null,
    nextScheduledStartTime: null,
    startTime: null,
    endTime: null,
    totalRunTimeSeconds: 0,
    policy: retryPolicy(run.retries),
    infrastructureId: null,
    leaseHeld: false,
    deploymentId: "deployment",
    deploymentExists: true,
    concurrency: null,
    isSubflow: run.isSubflow,
  };
}

function concurrencyOf(
  run: RunKind,
  step: Step,
  facts: FlowRunFacts,
  slots: Slots,
): DeploymentConcurrency | null {
  if (run.limit === null) return null;
  const own = facts.state?.details.deploymentConcurrencyLeaseId;
  return {
    limit: run.limit,
    slotsHeld: step.othersHold + slots.alive.size,
    strategy: run.strategy,
    gracePeriodSeconds: null,
    ownLeaseAlive: own !== undefined && slots.alive.has(own),
  };
}

function stored(answer: Orchestration): FlowRunChange | null {
  return answer.status === "ACCEPT" || answer.status === "REJECT" ? answer.change : null;
}

function checkStep(step: Step, before: FlowRunFacts, answer: Orchestration): void {
  const from = before.state?.type ?? null;
  if (answer.status === "WAIT") expect(answer.delaySeconds).toBeGreaterThan(0);
  if (answer.status !== "ACCEPT") expect(answer.reason.length).toBeGreaterThan(20);
  const change = stored(answer);
  if (change === null) {
    if (answer.status === "REJECT") expect(answer.slot).toEqual({ kind: "none" });
    return;
  }
  const { state } = change;
  const at = Math.round(state.timestamp * 1000);
  if (before.state !== null) {
    expect(at).toBeGreaterThan(Math.round(before.state.timestamp * 1000));
  }
  expect(change.endTime !== null).toBe(isTerminal(state.type));
  expect(change.nextScheduledStartTime !== null).toBe(state.type === "SCHEDULED");
  expect(change.expectedStartTime).not.toBeNull();
  if (state.type === "RUNNING") expect(change.startTime).not.toBeNull();
  expect(change.startTime ?? before.startTime).toBe(change.startTime);
  const starts = change.runCount - before.runCount;
  expect(starts === 0 || (starts === 1 && state.type === "RUNNING")).toBe(true);
  expect(change.totalRunTimeSeconds).toBeGreaterThanOrEqual(before.totalRunTimeSeconds);
  if (from !== "RUNNING") expect(change.totalRunTimeSeconds).toBe(before.totalRunTimeSeconds);
  if (from === "CANCELLING" && step.policy === "core") expect(state.type).toBe("CANCELLED");
  checkResult(step, before, change);
  if (isTerminal(state.type) || state.type === "RUNNING") {
    expect(change.policy.resuming).toBe(false);
  }
  if (isTerminal(state.type)) expect(change.policy.retryType).not.toBe("in_process");
}

function checkResult(step: Step, before: FlowRunFacts, { state }: FlowRunChange): void {
  const had = before.state?.type === "COMPLETED" && isReference(before.state.data);
  if (!had) return;
  if (state.type === "COMPLETED") expect(isReference(state.data)).toBe(true);
  if (step.policy === "core") expect(isTerminal(state.type)).toBe(true);
}

function isReference(data: unknown): boolean {
  return typeof data === "object" && data !== null && "storage_key" in data;
}

describe("orchestrate", () => {
  test("no sequence of proposals breaks what always holds of a run", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyRun, fc.array(anyStep, { minLength: 5, maxLength: 40 }), (run, steps) => {
        const slots = new Slots();
        let facts = newRun(run);
        let now = NOW;
        for (const [index, step] of steps.entries()) {
          now += step.afterMs;
          if (step.slotExpires) slots.alive.clear();
          const { leaseHeld, infrastructureId, deploymentExists } = step;
          const concurrency = concurrencyOf(run, step, facts, slots);
          const before = { ...facts, leaseHeld, infrastructureId, deploymentExists, concurrency };
          const answer = orchestrate(
            facts.state === null ? "minimal" : step.policy,
            before,
            step.proposed,
            {
              now,
              stateId: `state-${index}`,
              slotLeaseId: `slot-${index}`,
              settings: SETTINGS,
            },
          );
          seen.add(answer.status);
          checkStep(step, before, answer);
          const change = stored(answer);
          if (change === null) continue;
          if (answer.status === "ACCEPT" || answer.status === "REJECT") slots.carryOut(answer.slot);
          const named = change.state.details.deploymentConcurrencyLeaseId;
          if (named === undefined) expect(slots.alive.size).toBe(0);
          else expect([...slots.alive].every((id) => id === named)).toBe(true);
          if (isTerminal(change.state.type)) expect(slots.alive.size).toBe(0);
          facts = { ...facts, ...change };
        }
      }),
      { numRuns: 3000 },
    );
    expect([...seen].sort()).toEqual(["ABORT", "ACCEPT", "REJECT", "WAIT"]);
  });

  test("the same facts get the same answer, and are left as they were", () => {
    fc.assert(
      fc.property(anyRun, anyStep, anyStep, (run, first, second) => {
        const input = { now: NOW, stateId: "s", slotLeaseId: "l", settings: SETTINGS };
        const created = stored(orchestrate("minimal", newRun(run), first.proposed, input));
        const facts: FlowRunFacts = { ...newRun(run), ...created };
        const copy = structuredClone(facts);
        const once = orchestrate(second.policy, facts, second.proposed, input);
        expect(orchestrate(second.policy, facts, second.proposed, input)).toEqual(once);
        expect(facts).toEqual(copy);
      }),
    );
  });
});
