import {
  type AttemptTimeline,
  type FlowRun,
  FlowRunKind,
  type LogLine,
  type State,
  StateType,
} from "#proto/sluice/v1/flow_run.ts";
import { timeline } from "#server/domain/timeline.ts";
import type { AttemptView } from "#server/store/attempts.ts";
import type { FlowRunStateView } from "#server/store/flow-run-states.ts";
import type { FlowRunView } from "#server/store/flow-runs.ts";
import type { LogLineView } from "#server/store/logs.ts";
import { invalidField } from "#shared/errors.ts";
import { STATE_TYPES, type StateType as StateTypeName } from "#shared/states.ts";

const TYPES = {
  SCHEDULED: StateType.SCHEDULED,
  PENDING: StateType.PENDING,
  RUNNING: StateType.RUNNING,
  PAUSED: StateType.PAUSED,
  CANCELLING: StateType.CANCELLING,
  COMPLETED: StateType.COMPLETED,
  FAILED: StateType.FAILED,
  CRASHED: StateType.CRASHED,
  CANCELLED: StateType.CANCELLED,
} as const satisfies Record<StateTypeName, StateType>;

const KINDS = {
  command: FlowRunKind.COMMAND,
  engine: FlowRunKind.ENGINE,
} as const satisfies Record<FlowRunView["kind"], FlowRunKind>;

/** A time as the wire has it; undefined for null. */
export function writeTime(at: number | null): Date | undefined {
  return at === null ? undefined : new Date(at);
}

/** The type of a state as the rules call it. Refuses what is none. */
export function readStateType(field: string, type: StateType): StateTypeName {
  const name = STATE_TYPES.find((candidate) => TYPES[candidate] === type);
  if (name === undefined) throw invalidField(field, `'${type}' is no type of state`);
  return name;
}

/** A run as it is shown. */
export function writeFlowRun(view: FlowRunView): FlowRun {
  return {
    id: view.id,
    name: view.name,
    flowId: view.flowId,
    flowName: view.flowName,
    deploymentId: view.deploymentId ?? "",
    deploymentName: view.deploymentName ?? "",
    workPoolName: view.workPoolName ?? "",
    workQueueName: view.workQueueName ?? "",
    state: writeState({
      id: view.stateId,
      type: view.stateType,
      name: view.stateName,
      at: view.stateAt,
      message: view.stateMessage,
    }),
    kind: KINDS[view.kind],
    runCount: view.runCount,
    epoch: view.epoch,
    parametersJson: view.parameters,
    jobVariablesJson: view.jobVariables,
    tags: [...view.tags],
    idempotencyKey: view.idempotencyKey ?? "",
    createdAt: writeTime(view.createdAt),
    nextScheduledStartTime: writeTime(view.nextStartAt),
    expectedStartTime: writeTime(view.expectedStartAt),
    startTime: writeTime(view.startAt),
    endTime: writeTime(view.endAt),
    totalRunTimeSeconds: view.totalRunSeconds,
    agentName: view.agentName ?? "",
    infrastructureId: view.infrastructureId ?? "",
    unreachable: view.unreachable,
    retries: view.retries,
    retryDelaySeconds: view.retryDelaySeconds,
  };
}

/** A state as it is shown. */
export function writeState(view: Omit<FlowRunStateView, "data" | "details">): State {
  return {
    id: view.id,
    type: TYPES[view.type],
    name: view.name,
    timestamp: writeTime(view.at),
    message: view.message ?? "",
  };
}

/** A line of output. */
export function writeLogLine(view: LogLineView): LogLine {
  return {
    epoch: view.epoch,
    offset: view.offset,
    timestamp: writeTime(view.at),
    level: view.level,
    message: view.message,
  };
}

/** An attempt's way, hop by hop. */
export function writeTimeline(view: AttemptView): AttemptTimeline {
  return {
    epoch: view.epoch,
    attempt: view.attempt,
    agentName: view.agentName,
    hops: timeline(view).map(({ name, at, sincePreviousMs }) => ({
      name,
      at: writeTime(at),
      sincePreviousMs,
    })),
    endReason: view.endReason ?? "",
    exitCode: view.exitCode ?? undefined,
  };
}
