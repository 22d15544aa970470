import { defaultStateName, isTerminal, STATE_TYPES, type StateType } from "#shared/states.ts";
import type { FlowRunFacts, Orchestration } from "./flow-run.ts";
import { orchestrate, type PolicyName } from "./orchestrate.ts";
import { describeState, type Origin } from "./rule.ts";
import type { ProposedState, State } from "./state.ts";

/** One arrow of the picture: what is proposed, of which run, and the type that is then stored. */
export interface DrawnMove {
  readonly from: Origin;
  readonly to: StateType;
  /** When it happens, in a few words. */
  readonly when: string;
  readonly policy: PolicyName;
  readonly proposed: ProposedState;
  readonly facts?: Partial<FlowRunFacts>;
  readonly current?: Partial<State>;
}

const SUSPENDED = { name: "Suspended", details: { pauseReschedule: true } } as const;
const ONE_RETRY = {
  retries: 1,
  retryDelaySeconds: 0,
  retryType: null,
  pauseKeys: [],
  resuming: false,
} as const;

/** The ways a run usually goes. That the rules let it is tested. */
export const DRAWN_MOVES: readonly DrawnMove[] = [
  move(null, "SCHEDULED", "created", {}, "minimal"),
  move("SCHEDULED", "PENDING", "lease granted"),
  move(
    "SCHEDULED",
    "SCHEDULED",
    "late",
    { proposed: { type: "SCHEDULED", name: "Late" } },
    "mark-late",
  ),
  move("SCHEDULED", "CANCELLED", "cancelled, nothing to stop", {
    proposed: { type: "CANCELLING" },
  }),
  move("PENDING", "SCHEDULED", "lease taken back"),
  move("PENDING", "RUNNING", "start permitted"),
  move("PENDING", "CRASHED", "could not be started"),
  move("PENDING", "CANCELLING", "cancel asked for"),
  move("RUNNING", "COMPLETED", "ended well"),
  move("RUNNING", "SCHEDULED", "failed, retries left", {
    proposed: { type: "FAILED" },
    facts: { policy: ONE_RETRY },
  }),
  move("RUNNING", "FAILED", "failed, no retries left"),
  move("RUNNING", "CRASHED", "killed, or its agent lost"),
  move("RUNNING", "CANCELLING", "cancel asked for"),
  move("RUNNING", "PAUSED", "paused or suspended by its code"),
  move("CANCELLING", "CANCELLED", "process tree gone"),
  move("PAUSED", "RUNNING", "resumed"),
  move("PAUSED", "SCHEDULED", "resumed from suspension", { current: SUSPENDED }),
  move("PAUSED", "FAILED", "not resumed in time", {
    proposed: { type: "RUNNING" },
    current: { details: { pauseTimeout: 0 } },
  }),
  move("PAUSED", "CANCELLED", "cancelled while suspended", {
    proposed: { type: "CANCELLING" },
    current: SUSPENDED,
  }),
  ...STATE_TYPES.filter(isTerminal).map((type) => move(type, "SCHEDULED", "retried by hand")),
];

/** What the rules answer, asked about a drawn move. */
export function answerTo(drawn: DrawnMove): Orchestration {
  return orchestrate(drawn.policy, typicalFacts(drawn), drawn.proposed, INPUT);
}

/**
 * What the core policy answers to each proposal (second index) in each type (first index), of the
 * run that `TYPICAL_RUN` describes.
 */
export function coreAnswers(): readonly (readonly string[])[] {
  return STATE_TYPES.map((from) =>
    STATE_TYPES.map((type) => describeAnswer(answerTo(move(from, type, "")))),
  );
}

/** The run that `coreAnswers` is about. */
export const TYPICAL_RUN =
  "a command flow of a deployment without a concurrency limit, due, without retries or a persisted " +
  "result, leased while PENDING, RUNNING or CANCELLING";

/** An answer in a few words: `ACCEPT`, `REJECT → SCHEDULED "AwaitingRetry"`, `WAIT 5 s`. */
export function describeAnswer(answer: Orchestration): string {
  switch (answer.status) {
    case "ACCEPT":
    case "ABORT":
      return answer.status;
    case "WAIT":
      return `WAIT ${answer.delaySeconds} s`;
    case "REJECT":
      return answer.change === null ? "REJECT" : `REJECT → ${describeState(answer.change.state)}`;
  }
}

function move(
  from: Origin,
  to: StateType,
  when: string,
  rest: Partial<DrawnMove> = {},
  policy: PolicyName = "core",
): DrawnMove {
  return { from, to, when, policy, proposed: { type: to }, ...rest };
}

const NOW = 1_700_000_000_000;

const INPUT = {
  now: NOW,
  stateId: "next",
  slotLeaseId: "slot",
  settings: { concurrencySlotWaitSeconds: 30, initialSlotLeaseSeconds: 300 },
};

function typicalFacts({ from, facts, current }: DrawnMove): FlowRunFacts {
  const hasRun = from !== null && from !== "SCHEDULED" && from !== "PENDING";
  return {
    id: "run",
    kind: "command",
    state: from === null ? null : typicalState(from, current),
    runCount: hasRun ? 1 : 0,
    expectedStartTime: from === null ? null : NOW,
    nextScheduledStartTime: from === "SCHEDULED" ? NOW : null,
    startTime: hasRun ? NOW : null,
    endTime: from !== null && isTerminal(from) ? NOW : null,
    totalRunTimeSeconds: 0,
    policy: { ...ONE_RETRY, retries: 0 },
    infrastructureId: null,
    leaseHeld: from === "PENDING" || from === "RUNNING" || from === "CANCELLING",
    deploymentId: "deployment",
    deploymentExists: true,
    concurrency: null,
    isSubflow: false,
    ...facts,
  };
}

function typicalState(type: StateType, rest: Partial<State> = {}): State {
  const name = defaultStateName(type);
  const details = type === "SCHEDULED" || type === "PENDING" ? { scheduledTime: NOW } : {};
  return { id: "current", type, name, timestamp: NOW, message: null, data: null, details, ...rest };
}
