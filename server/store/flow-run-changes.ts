import type {
  DeploymentConcurrency,
  FlowRunChange,
  FlowRunFacts,
  FlowRunKind,
} from "#server/domain/flow-run.ts";
import type { StateDetails } from "#server/domain/state.ts";
import type { StateType } from "#shared/states.ts";
import { applySlotEffects } from "./deployment-slots.ts";
import changeSql from "./sql/flow-run-change.sql" with { type: "text" };
import lockSql from "./sql/flow-run-lock.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** What the rules remember across states, as stored; null while there is nothing. */
interface StoredPolicy {
  readonly pauseKeys?: readonly string[];
  readonly resuming?: boolean;
}

/** A run under its row lock. Times are Millis. */
export interface LockedFlowRun {
  readonly id: string;
  readonly kind: FlowRunKind;
  readonly flowId: string;
  readonly workPoolId: string | null;
  readonly workQueueId: string | null;
  readonly deploymentId: string | null;
  readonly deploymentExists: boolean;
  /** The limit of its deployment's runs; null: none. */
  readonly concurrencyLimitId: string | null;
  /** What that limit says, where `withDeploymentSlots` has locked and counted it. */
  readonly concurrency?: DeploymentConcurrency;
  readonly stateId: string;
  readonly stateType: StateType;
  readonly stateName: string;
  readonly stateAt: number;
  readonly stateMessage: string | null;
  readonly stateDetails: StateDetails | null;
  readonly epoch: number;
  readonly leased: boolean;
  readonly runCount: number;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  readonly retryType: "in_process" | "reschedule" | null;
  readonly policy: StoredPolicy | null;
  readonly nextStartAt: number | null;
  readonly expectedStartAt: number | null;
  readonly startAt: number | null;
  readonly endAt: number | null;
  readonly totalRunSeconds: number;
  readonly infrastructureId: string | null;
  readonly createdAt: number;
  /** The database's clock, read after the lock was had. */
  readonly now: number;
  /** What only proposals from outside need: read by `withProposalFacts`. */
  readonly stateData?: unknown;
  readonly isSubflow?: boolean;
}

/** One run's move, with the fence it has afterwards. */
export interface FlowRunMove {
  readonly run: LockedFlowRun;
  readonly change: FlowRunChange;
  readonly epoch: number;
  /** Whether a lease of that epoch is unended afterwards. */
  readonly leased: boolean;
}

/** Locks the runs in the order of their ids. Those that do not exist do not come back. */
export async function lockFlowRuns(
  tx: Tx,
  ids: readonly string[],
): Promise<Map<string, LockedFlowRun>> {
  const { rows } = await tx.query<LockedFlowRun>({
    name: "flow-run-lock",
    text: lockSql,
    values: [[...new Set(ids)]],
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** A locked run as the rules want to see it. */
export function factsOf(run: LockedFlowRun): FlowRunFacts {
  const kind = executedAs(run);
  return {
    id: run.id,
    kind,
    state: {
      id: run.stateId,
      type: run.stateType,
      name: run.stateName,
      timestamp: run.stateAt,
      message: run.stateMessage,
      data: run.stateData ?? null,
      details: run.stateDetails ?? {},
    },
    runCount: run.runCount,
    expectedStartTime: run.expectedStartAt,
    nextScheduledStartTime: run.nextStartAt,
    startTime: run.startAt,
    endTime: run.endAt,
    totalRunTimeSeconds: run.totalRunSeconds,
    policy: {
      retries: run.retries,
      retryDelaySeconds: run.retryDelaySeconds,
      retryType: run.retryType,
      pauseKeys: run.policy?.pauseKeys ?? [],
      resuming: run.policy?.resuming ?? false,
    },
    // What an earlier attempt of a command flow was called says nothing once its lease is over.
    infrastructureId: kind === "engine" || run.leased ? run.infrastructureId : null,
    leaseHeld: run.leased,
    deploymentId: run.deploymentId,
    deploymentExists: run.deploymentExists,
    concurrency: run.concurrency ?? null,
    isSubflow: run.isSubflow ?? false,
  };
}

/**
 * How the present attempt is executed. Whoever runs something without a lease of ours reports its
 * states itself, and sleeps before its own retries, whatever the deployment says.
 */
function executedAs({ kind, leased, stateType, retryType }: LockedFlowRun): FlowRunKind {
  if (leased) return kind;
  return stateType === "RUNNING" || retryType === "in_process" ? "engine" : kind;
}

/**
 * Moves runs into their new states, with history and outbox. The runs are locked, so each must
 * still be in the state it was read in; that one is not is a broken promise and throws.
 */
export async function changeFlowRuns(tx: Tx, moves: readonly FlowRunMove[]): Promise<void> {
  if (moves.length === 0) return;
  const rows = moves.map(({ run, change, epoch, leased }) => ({
    id: run.id,
    expectedStateId: run.stateId,
    stateId: change.state.id,
    type: change.state.type,
    name: change.state.name,
    at: change.state.timestamp,
    message: change.state.message,
    data: change.state.data ?? null,
    details: Object.keys(change.state.details).length === 0 ? null : change.state.details,
    epoch,
    leased,
    runCount: change.runCount,
    retryType: change.policy.retryType,
    policy: storedPolicy(change),
    nextStartAt: change.nextScheduledStartTime,
    expectedStartAt: change.expectedStartTime,
    startAt: change.startTime,
    endAt: change.endTime,
    totalRunSeconds: change.totalRunTimeSeconds,
    // Clients know the event of a state by the state's own id.
    eventId: change.state.id,
    fromType: run.stateType,
    fromName: run.stateName,
  }));
  const { rowCount } = await tx.query<{ id: string }>({
    name: "flow-run-change",
    text: changeSql,
    values: [JSON.stringify(rows)],
  });
  if (rowCount !== rows.length) {
    throw new Error(`${rows.length} locked runs were to change, ${rowCount} did`);
  }
  await applySlotEffects(
    tx,
    moves.flatMap(({ run, change: { slot } }) =>
      slot === undefined ? [] : [{ flowRunId: run.id, slot }],
    ),
  );
}

function storedPolicy(change: FlowRunChange): StoredPolicy | null {
  const { pauseKeys, resuming } = change.policy;
  return pauseKeys.length === 0 && !resuming ? null : { pauseKeys, resuming };
}
