import { Type } from "typebox";
import {
  Absent,
  AnyOfIds,
  AnyOfTexts,
  Closed,
  DateTime,
  named,
  OneOf,
  Operator,
  PAGE,
} from "./schema-types.ts";
import { StateType } from "./state-schemas.ts";
import { WorkPoolFilter } from "./work-pool-schemas.ts";

type Fields = Parameters<typeof Closed>[0];

/** A part of a filter: what is asked of one field. */
function part<F extends Fields>(name: string, fields: F) {
  return Absent(named(name, Closed(fields)));
}

const operator = { operator: Type.Optional(Operator) };
const isNull = { is_null_: Absent(Type.Boolean()) };
const like = { like_: Absent(Type.String()) };
const before = { before_: Absent(DateTime), after_: Absent(DateTime) };
const tags = { all_: AnyOfTexts, ...isNull, ...operator };

const times = (prefix: string) => ({
  expected_start_time: part(`${prefix}ExpectedStartTime`, before),
  start_time: part(`${prefix}StartTime`, { ...before, ...isNull }),
  end_time: part(`${prefix}EndTime`, { ...before, ...isNull }),
});

const StateTypes = Absent(Type.Array(StateType));

const FlowRunFilter = named(
  "FlowRunFilter",
  Closed({
    ...operator,
    id: part("FlowRunFilterId", { any_: AnyOfIds, not_any_: AnyOfIds }),
    name: part("FlowRunFilterName", { any_: AnyOfTexts, ...like }),
    tags: part("FlowRunFilterTags", { ...tags, any_: AnyOfTexts }),
    deployment_id: part("FlowRunFilterDeploymentId", { any_: AnyOfIds, ...isNull, ...operator }),
    work_queue_name: part("FlowRunFilterWorkQueueName", {
      any_: AnyOfTexts,
      ...isNull,
      ...operator,
    }),
    state: part("FlowRunFilterState", {
      ...operator,
      type: part("FlowRunFilterStateType", { any_: StateTypes, not_any_: StateTypes }),
      name: part("FlowRunFilterStateName", { any_: AnyOfTexts, not_any_: AnyOfTexts }),
    }),
    flow_version: part("FlowRunFilterFlowVersion", { any_: AnyOfTexts }),
    ...times("FlowRunFilter"),
    next_scheduled_start_time: part("FlowRunFilterNextScheduledStartTime", before),
    parent_flow_run_id: part("FlowRunFilterParentFlowRunId", { any_: AnyOfIds, ...operator }),
    parent_task_run_id: part("FlowRunFilterParentTaskRunId", {
      any_: AnyOfIds,
      ...isNull,
      ...operator,
    }),
    idempotency_key: part("FlowRunFilterIdempotencyKey", {
      any_: AnyOfTexts,
      not_any_: AnyOfTexts,
    }),
    created_by: part("FlowRunFilterCreatedBy", {
      id_: AnyOfIds,
      type_: AnyOfTexts,
      ...isNull,
      ...operator,
    }),
  }),
);

const FlowFilter = named(
  "FlowFilter",
  Closed({
    ...operator,
    id: part("FlowFilterId", { any_: AnyOfIds, not_any_: AnyOfIds }),
    deployment: part("FlowFilterDeployment", { ...isNull, ...operator }),
    name: part("FlowFilterName", { any_: AnyOfTexts, ...like }),
    tags: part("FlowFilterTags", tags),
  }),
);

const TaskRunFilter = named(
  "TaskRunFilter",
  Closed({
    ...operator,
    id: part("TaskRunFilterId", { any_: AnyOfIds }),
    name: part("TaskRunFilterName", { any_: AnyOfTexts, ...like }),
    tags: part("TaskRunFilterTags", tags),
    state: part("TaskRunFilterState", {
      ...operator,
      type: part("TaskRunFilterStateType", { any_: StateTypes }),
      name: part("TaskRunFilterStateName", { any_: AnyOfTexts }),
    }),
    ...times("TaskRunFilter"),
    subflow_runs: part("TaskRunFilterSubFlowRuns", { exists_: Absent(Type.Boolean()) }),
    flow_run_id: part("TaskRunFilterFlowRunId", { any_: AnyOfIds, ...isNull, ...operator }),
  }),
);

const DeploymentFilter = named(
  "DeploymentFilter",
  Closed({
    ...operator,
    id: part("DeploymentFilterId", { any_: AnyOfIds, not_any_: AnyOfIds }),
    name: part("DeploymentFilterName", { any_: AnyOfTexts, ...like }),
    flow_or_deployment_name: part("DeploymentOrFlowNameFilter", like),
    paused: part("DeploymentFilterPaused", { eq_: Absent(Type.Boolean()) }),
    tags: part("DeploymentFilterTags", { ...tags, any_: AnyOfTexts }),
    work_queue_name: part("DeploymentFilterWorkQueueName", { any_: AnyOfTexts }),
    concurrency_limit: part("DeploymentFilterConcurrencyLimit", {
      ge_: Absent(Type.Integer()),
      le_: Absent(Type.Integer()),
      ...isNull,
    }),
  }),
);

const WorkQueueFilter = named(
  "WorkQueueFilter",
  Closed({
    ...operator,
    id: part("WorkQueueFilterId", { any_: AnyOfIds }),
    name: part("WorkQueueFilterName", { any_: AnyOfTexts, startswith_: AnyOfTexts }),
  }),
);

/** What may be asked in a search: objects that are all to be so, each of its own or a related row. */
export const SEARCH = {
  flows: Absent(FlowFilter),
  flow_runs: Absent(FlowRunFilter),
  task_runs: Absent(TaskRunFilter),
  deployments: Absent(DeploymentFilter),
  work_pools: Absent(WorkPoolFilter),
};

/** The same with the queues of pools, where those may be asked for too. */
export const SEARCH_WITH_QUEUES = { ...SEARCH, work_pool_queues: Absent(WorkQueueFilter) };

/** A sorted part of a list. */
export function sortedPage<const T extends readonly string[]>(name: string, ...orders: T) {
  return { sort: Absent(named(name, OneOf(...orders))), ...PAGE };
}
