import { Type } from "typebox";
import type { PolledDeploymentView } from "#server/store/deployments.ts";
import { writeDateTime } from "./date-time.ts";
import { CreatedBy, Labels } from "./flow-run-schemas.ts";
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

const Zone = { timezone: Absent(Type.String()) };

const Schedule = Type.Union([
  named(
    "IntervalSchedule",
    Closed({ interval: Type.Number(), anchor_date: Type.Optional(DateTime), ...Zone }),
  ),
  named(
    "CronSchedule",
    Closed({ cron: Type.String(), day_or: Type.Optional(Type.Boolean()), ...Zone }),
  ),
  named("RRuleSchedule", Closed({ rrule: Type.String(), ...Zone })),
]);

const DeploymentSchedule = named(
  "DeploymentSchedule",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    deployment_id: Absent(Uuid),
    schedule: Schedule,
    active: Type.Optional(Type.Boolean()),
    max_scheduled_runs: Absent(Type.Integer()),
    parameters: Type.Optional(AnyObject),
    slug: Absent(Type.String()),
  }),
);

const GlobalConcurrencyLimitResponse = named(
  "GlobalConcurrencyLimitResponse",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    active: Type.Optional(Type.Boolean()),
    name: Type.String(),
    limit: Type.Integer(),
    active_slots: Type.Integer(),
    slot_decay_per_second: Type.Optional(Type.Number()),
  }),
);

const ConcurrencyOptions = named(
  "ConcurrencyOptions",
  Type.Object({
    collision_strategy: named("ConcurrencyLimitStrategy", OneOf("ENQUEUE", "CANCEL_NEW")),
    grace_period_seconds: Absent(Type.Integer()),
  }),
);

const UpdatedBy = named(
  "UpdatedBy",
  Type.Object({
    id: Absent(Uuid),
    type: Absent(Type.String()),
    display_value: Absent(Type.String()),
  }),
);

/** A deployment as it is answered. */
export const DeploymentResponse = named(
  "DeploymentResponse",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    name: Type.String(),
    version: Absent(Type.String()),
    description: Absent(Type.String()),
    flow_id: Uuid,
    paused: Type.Optional(Type.Boolean()),
    schedules: Type.Optional(Type.Array(DeploymentSchedule)),
    concurrency_limit: Absent(Type.Integer()),
    global_concurrency_limit: Absent(GlobalConcurrencyLimitResponse),
    concurrency_options: Absent(ConcurrencyOptions),
    job_variables: Type.Optional(AnyObject),
    parameters: Type.Optional(AnyObject),
    tags: Type.Optional(Type.Array(Type.String())),
    labels: Type.Optional(Labels),
    work_queue_name: Absent(Type.String()),
    work_queue_id: Absent(Uuid),
    work_pool_name: Absent(Type.String()),
    last_polled: Absent(DateTime),
    parameter_openapi_schema: Absent(AnyObject),
    path: Absent(Type.String()),
    pull_steps: Absent(Type.Array(AnyObject)),
    entrypoint: Absent(Type.String()),
    storage_document_id: Absent(Uuid),
    infrastructure_document_id: Absent(Uuid),
    created_by: Absent(CreatedBy),
    updated_by: Absent(UpdatedBy),
    status: Absent(named("DeploymentStatus", OneOf("READY", "NOT_READY"))),
    enforce_parameter_schema: Type.Optional(Type.Boolean()),
  }),
);

/** A deployment as clients read it. */
export function writeDeployment(deployment: PolledDeploymentView): object {
  const { lastPolledAt, pullSteps } = deployment;
  return {
    id: deployment.id,
    created: writeDateTime(deployment.createdAt),
    updated: writeDateTime(deployment.updatedAt),
    name: deployment.name,
    version: deployment.version,
    description: deployment.description,
    flow_id: deployment.flowId,
    paused: false,
    schedules: [],
    concurrency_limit: null,
    global_concurrency_limit: null,
    concurrency_options: null,
    job_variables: new JsonText(deployment.jobVariables),
    parameters: new JsonText(deployment.parameters),
    tags: deployment.tags,
    labels: { "prefect.flow.id": deployment.flowId },
    work_queue_name: deployment.workQueueName,
    work_queue_id: deployment.workQueueId,
    work_pool_name: deployment.workPoolName,
    last_polled: lastPolledAt === null ? null : writeDateTime(lastPolledAt),
    parameter_openapi_schema: new JsonText(deployment.parameterSchema),
    path: null,
    pull_steps: pullSteps === null ? null : new JsonText(pullSteps),
    entrypoint: deployment.entrypoint,
    storage_document_id: null,
    infrastructure_document_id: null,
    created_by: null,
    updated_by: null,
    status: deployment.isPolled ? "READY" : "NOT_READY",
    enforce_parameter_schema: deployment.enforceParameterSchema,
  };
}
