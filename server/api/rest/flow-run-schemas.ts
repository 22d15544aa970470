import { Type } from "typebox";
import type { FlowRunDetails } from "#server/store/flow-run-details.ts";
import { writeDateTime } from "./date-time.ts";
import { JsonText } from "./json-text.ts";
import { Absent, AnyObject, DateTime, named, Nullable, OneOf, Uuid } from "./schema-types.ts";
import { StateResponse, StateType, writeState } from "./state-schemas.ts";

const Labels = Type.Unsafe<Record<string, string | number | boolean>>({
  type: "object",
  additionalProperties: {
    anyOf: [{ type: "boolean" }, { type: "integer" }, { type: "number" }, { type: "string" }],
  },
});

const FlowRunPolicy = named(
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

const CreatedBy = named(
  "CreatedBy",
  Type.Object({
    id: Absent(Uuid),
    type: Absent(Type.String()),
    display_value: Absent(Type.String()),
  }),
);

/** A run as it is answered. */
export const FlowRunResponse = named(
  "FlowRunResponse",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    name: Type.Optional(Type.String()),
    flow_id: Uuid,
    state_id: Absent(Uuid),
    deployment_id: Absent(Uuid),
    deployment_version: Absent(Type.String()),
    work_pool_id: Absent(Uuid),
    work_pool_name: Absent(Type.String()),
    work_queue_id: Absent(Uuid),
    work_queue_name: Absent(Type.String()),
    flow_version: Absent(Type.String()),
    parameters: Type.Optional(AnyObject),
    idempotency_key: Absent(Type.String()),
    context: Type.Optional(AnyObject),
    empirical_policy: Type.Optional(FlowRunPolicy),
    tags: Type.Optional(Type.Array(Type.String())),
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
    job_variables: Absent(AnyObject),
    state: Absent(StateResponse),
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
    flow_version: null,
    parameters: new JsonText(run.parameters),
    idempotency_key: run.idempotencyKey,
    context: {},
    empirical_policy: {
      max_retries: 0,
      retry_delay_seconds: 0,
      retries: run.retries,
      retry_delay: Math.round(run.retryDelaySeconds),
      pause_keys: run.policy?.pauseKeys ?? [],
      resuming: run.policy?.resuming ?? false,
      retry_type: run.retryType,
    },
    tags: run.tags,
    labels: {},
    parent_task_run_id: null,
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

function secondsRunning(run: FlowRunDetails): number {
  return run.stateType === "RUNNING" ? Math.max(0, (run.now - run.stateAt) / 1000) : 0;
}

/** Seconds between when it was to start and when it did, or by which it is overdue. */
function startDelta({ startAt, expectedStartAt, endAt, now }: FlowRunDetails): number {
  if (expectedStartAt === null) return 0;
  if (startAt !== null) return Math.max(0, (startAt - expectedStartAt) / 1000);
  return endAt === null ? Math.max(0, (now - expectedStartAt) / 1000) : 0;
}
