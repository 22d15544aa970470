import { type Static, Type } from "typebox";
import type { FlowRunDetails } from "#server/store/flow-run-details.ts";
import { writeDateTime } from "./date-time.ts";
import { JsonText } from "./json-text.ts";
import {
  Absent,
  AnyObject,
  Closed,
  DateTime,
  named,
  Nullable,
  OneOf,
  Uuid,
} from "./schema-types.ts";
import { StateCreate, StateResponse, StateType, writeState } from "./state-schemas.ts";

const Tags = Type.Optional(Type.Array(Type.String()));

/** Labels: a flat map. */
export const Labels = Type.Unsafe<Record<string, string | number | boolean>>({
  type: "object",
  additionalProperties: {
    anyOf: [{ type: "boolean" }, { type: "integer" }, { type: "number" }, { type: "string" }],
  },
});

/** How a run is tried again, and what its pauses left. */
export const FlowRunPolicy = named(
  "FlowRunPolicy",
  Type.Object({
    max_retries: Type.Optional(Type.Integer({ default: 0 })),
    retry_delay_seconds: Type.Optional(Type.Number({ default: 0 })),
    retries: Absent(Type.Integer()),
    retry_delay: Absent(Type.Integer()),
    pause_keys: Absent(
      Type.Unsafe<string[]>({ type: "array", items: { type: "string" }, uniqueItems: true }),
    ),
    resuming: Type.Optional(Type.Union([Type.Boolean(), Type.Null()], { default: false })),
    retry_type: Absent(OneOf("in_process", "reschedule")),
  }),
);

/** A run to create without a deployment. */
export const FlowRunCreate = named(
  "FlowRunCreate",
  Closed({
    state: Absent(StateCreate),
    name: Type.Optional(Nullable(Type.String())),
    flow_id: Uuid,
    flow_version: Absent(Type.String()),
    parameters: Type.Optional(AnyObject),
    context: Type.Optional(AnyObject),
    parent_task_run_id: Absent(Uuid),
    infrastructure_document_id: Absent(Uuid),
    empirical_policy: Type.Optional(FlowRunPolicy),
    tags: Tags,
    labels: Absent(Labels),
    idempotency_key: Absent(Type.String()),
    work_pool_name: Absent(Type.String()),
    work_queue_name: Absent(Type.String()),
    job_variables: Absent(AnyObject),
    deployment_id: Absent(Uuid),
  }),
);

/** A run of a deployment to create. */
export const DeploymentFlowRunCreate = named(
  "DeploymentFlowRunCreate",
  Closed({
    state: Absent(StateCreate),
    name: Type.Optional(Nullable(Type.String())),
    parameters: Type.Optional(AnyObject),
    enforce_parameter_schema: Absent(Type.Boolean()),
    context: Type.Optional(AnyObject),
    infrastructure_document_id: Absent(Uuid),
    empirical_policy: Type.Optional(FlowRunPolicy),
    tags: Tags,
    idempotency_key: Absent(Type.String()),
    labels: Absent(Labels),
    parent_task_run_id: Absent(Uuid),
    work_queue_name: Absent(Type.String()),
    job_variables: Absent(AnyObject),
  }),
);

/** What to change of a run: what is not there stays. */
export const FlowRunUpdate = named(
  "FlowRunUpdate",
  Closed({
    name: Absent(Type.String()),
    flow_version: Absent(Type.String()),
    parameters: Type.Optional(AnyObject),
    empirical_policy: Type.Optional(FlowRunPolicy),
    tags: Tags,
    infrastructure_pid: Absent(Type.String()),
    job_variables: Absent(AnyObject),
  }),
);

/** Who made something. */
export const CreatedBy = named(
  "CreatedBy",
  Type.Object({
    id: Absent(Uuid),
    type: Absent(Type.String()),
    display_value: Absent(Type.String()),
  }),
);

const RUN = {
  id: Uuid,
  created: Nullable(DateTime),
  updated: Nullable(DateTime),
  name: Type.Optional(Type.String()),
  flow_id: Uuid,
  state_id: Absent(Uuid),
  deployment_id: Absent(Uuid),
  deployment_version: Absent(Type.String()),
  work_queue_name: Absent(Type.String()),
  flow_version: Absent(Type.String()),
  parameters: Type.Optional(AnyObject),
  idempotency_key: Absent(Type.String()),
  context: Type.Optional(AnyObject),
  empirical_policy: Type.Optional(FlowRunPolicy),
  tags: Tags,
  labels: Type.Optional(Labels),
  parent_task_run_id: Absent(Uuid),
  state_type: Absent(StateType),
  state_name: Absent(Type.String()),
  run_count: Type.Optional(Type.Integer()),
  expected_start_time: Absent(DateTime),
  next_scheduled_start_time: Absent(DateTime),
  start_time: Absent(DateTime),
  end_time: Absent(DateTime),
  total_run_time: Type.Optional(Type.Number()),
  estimated_run_time: Type.Optional(Type.Number()),
  estimated_start_time_delta: Type.Optional(Type.Number()),
  auto_scheduled: Type.Optional(Type.Boolean()),
  infrastructure_document_id: Absent(Uuid),
  infrastructure_pid: Absent(Type.String()),
  created_by: Absent(CreatedBy),
  work_queue_id: Absent(Uuid),
  job_variables: Absent(AnyObject),
  state: Absent(StateResponse),
};

/** A run as it is answered. */
export const FlowRunResponse = named(
  "FlowRunResponse",
  Type.Object({
    ...RUN,
    work_pool_id: Absent(Uuid),
    work_pool_name: Absent(Type.String()),
  }),
);

/** What a poll offers. */
export const WorkerFlowRunResponse = named(
  "WorkerFlowRunResponse",
  Type.Object({
    work_pool_id: Uuid,
    work_queue_id: Uuid,
    flow_run: named("FlowRun", Type.Object(RUN)),
  }),
);

/** A run as clients read it. */
export function writeFlowRun(run: FlowRunDetails): object {
  const time = (at: number | null): string | null => (at === null ? null : writeDateTime(at));
  return {
    id: run.id,
    created: writeDateTime(run.createdAt),
    updated: writeDateTime(Math.max(run.createdAt, run.stateAt)),
    name: run.name,
    flow_id: run.flowId,
    state_id: run.stateId,
    deployment_id: run.deploymentId,
    deployment_version: run.deploymentVersion,
    work_queue_id: run.workQueueId,
    work_queue_name: run.workQueueName,
    work_pool_id: run.workPoolId,
    work_pool_name: run.workPoolName,
    flow_version: run.flowVersion,
    parameters: new JsonText(run.parameters),
    idempotency_key: run.idempotencyKey,
    context: new JsonText(run.context),
    empirical_policy: {
      max_retries: 0,
      retry_delay_seconds: 0,
      // None is as if nothing were said: then engines put in what their flow says.
      retries: run.retries === 0 ? null : run.retries,
      retry_delay: run.retryDelaySeconds === 0 ? null : Math.round(run.retryDelaySeconds),
      pause_keys: run.policy?.pauseKeys ?? [],
      resuming: run.policy?.resuming ?? false,
      retry_type: run.retryType,
    },
    tags: run.tags,
    labels: run.labels,
    parent_task_run_id: run.parentTaskRunId,
    state_type: run.stateType,
    state_name: run.stateName,
    run_count: run.runCount,
    expected_start_time: time(run.expectedStartAt),
    next_scheduled_start_time: time(run.nextStartAt),
    start_time: time(run.startAt),
    end_time: time(run.endAt),
    total_run_time: run.totalRunSeconds,
    estimated_run_time: run.totalRunSeconds + secondsRunning(run),
    estimated_start_time_delta: startDelta(run),
    auto_scheduled: false,
    infrastructure_document_id: null,
    infrastructure_pid: run.infrastructureId,
    created_by: null,
    job_variables: new JsonText(run.jobVariables),
    state: writeState(run.id, {
      id: run.stateId,
      type: run.stateType,
      name: run.stateName,
      timestamp: run.stateAt,
      message: run.stateMessage,
      data: run.stateData,
      details: run.stateDetails ?? {},
    }),
  };
}

/** How a policy's fields say it, the new names before the old. Undefined: not said. */
export function readPolicy(policy: Static<typeof FlowRunPolicy> | undefined): {
  retries?: number;
  retryDelaySeconds?: number;
} {
  const retries = policy?.retries ?? (policy?.max_retries || undefined);
  const delay = policy?.retry_delay ?? (policy?.retry_delay_seconds || undefined);
  return {
    ...(retries === undefined ? {} : { retries }),
    ...(delay === undefined ? {} : { retryDelaySeconds: delay }),
  };
}

function secondsRunning(run: FlowRunDetails): number {
  return run.stateType === "RUNNING" ? Math.max(0, (run.now - run.stateAt) / 1000) : 0;
}

/** Seconds between when it was to start and when it did, or by which it is overdue. */
function startDelta({ startAt, expectedStartAt, endAt, now }: FlowRunDetails): number {
  if (expectedStartAt === null) return 0;
  if (startAt !== null) return Math.max(0, (startAt - expectedStartAt) / 1000);
  return endAt === null ? Math.max(0, (now - expectedStartAt) / 1000) : 0;
}
