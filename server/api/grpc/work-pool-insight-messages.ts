import {
  type ExplainedValue,
  type GetWorkPoolSlotsResponse,
  type PreviewJobResponse,
  type UpcomingRun,
  ValueOrigin,
  type WorkerType,
} from "#proto/sluice/v1/work_pool_insight.ts";
import type { JobPreview } from "#server/api/preview-job.ts";
import type { UpcomingRun as UpcomingRunView } from "#server/store/upcoming-runs.ts";
import type { PoolSlots } from "#server/store/work-pool-slots.ts";
import type { ValueOrigin as OriginName } from "#shared/job-template/explain.ts";
import type { JsonValue } from "#shared/json.ts";
import type { WorkerType as WorkerTypeView } from "#shared/worker-types/worker-type.ts";
import { writeState, writeTime } from "./flow-run-messages.ts";

const ORIGINS = {
  unset: ValueOrigin.UNSET,
  "pool default": ValueOrigin.POOL_DEFAULT,
  deployment: ValueOrigin.DEPLOYMENT,
  "flow run": ValueOrigin.FLOW_RUN,
} as const satisfies Record<OriginName, ValueOrigin>;

/** A worker type as it is listed. */
export function writeWorkerType(type: WorkerTypeView): WorkerType {
  const { displayName, description, documentationUrl, logoUrl, installCommand } = type;
  return {
    type: type.type,
    displayName,
    description,
    documentationUrl,
    logoUrl,
    installCommand,
    isBeta: type.isBeta,
    packageName: type.packageName,
  };
}

/** The slots of a pool. */
export function writePoolSlots(slots: PoolSlots): GetWorkPoolSlotsResponse {
  return {
    concurrencyLimit: slots.concurrencyLimit ?? undefined,
    slotsHeld: slots.slotsHeld,
    queues: slots.queues.map((queue) => ({
      workQueueId: queue.id,
      workQueueName: queue.name,
      priority: queue.priority,
      isPaused: queue.isPaused,
      concurrencyLimit: queue.concurrencyLimit ?? undefined,
      slotsHeld: queue.slotsHeld,
      holders: queue.holders.map((holder) => ({
        flowRunId: holder.flowRunId,
        flowRunName: holder.flowRunName,
        state: stateOf({ ...holder, id: holder.stateId }),
        since: writeTime(holder.since),
        agentName: holder.agentName ?? "",
        stopping: holder.isStopping,
      })),
    })),
    now: writeTime(slots.now),
  };
}

/** A run that waits. */
export function writeUpcomingRun(run: UpcomingRunView): UpcomingRun {
  return {
    flowRunId: run.id,
    flowRunName: run.name,
    flowName: run.flowName,
    deploymentName: run.deploymentName === null ? "" : `${run.flowName}/${run.deploymentName}`,
    workQueueName: run.workQueueName,
    priority: run.priority,
    isHeldUp: run.isHeldUp,
    state: stateOf({ ...run, id: run.stateId }),
    dueAt: writeTime(run.dueAt),
  };
}

/** What a job would be made of. */
export function writeJobPreview(preview: JobPreview): PreviewJobResponse {
  return {
    jobConfigurationJson: JSON.stringify(preview.jobConfiguration),
    variables: preview.variables.map((variable) => ({
      ...explained(variable),
      isDeclared: variable.isDeclared,
      isSecret: variable.isSecret,
    })),
    env: preview.env.map((variable) => ({
      ...explained(variable),
      isDeclared: true,
      isSecret: false,
    })),
    references: [...preview.references],
    refusal: preview.refusal ?? "",
  };
}

function explained(variable: {
  readonly name: string;
  readonly value: JsonValue | undefined;
  readonly origin: OriginName;
}): Pick<ExplainedValue, "name" | "valueJson" | "origin"> {
  const { name, value, origin } = variable;
  return {
    name,
    valueJson: value === undefined ? undefined : JSON.stringify(value),
    origin: ORIGINS[origin],
  };
}

function stateOf(of: {
  readonly id: string;
  readonly stateType: UpcomingRunView["stateType"];
  readonly stateName: string;
  readonly stateAt: number;
  readonly stateMessage: string | null;
}): UpcomingRun["state"] {
  const { id, stateType: type, stateName: name, stateAt: at, stateMessage: message } = of;
  return writeState({ id, type, name, at, message });
}
