import { type Static, Type } from "typebox";
import type { FlowRunView } from "#server/store/flow-runs.ts";
import type {
  WorkQueueFilter as StoreFilter,
  WorkQueueView,
} from "#server/store/work-queue-views.ts";
import { writeDateTime } from "./date-time.ts";
import {
  Absent,
  AnyOfIds,
  AnyOfTexts,
  Closed,
  DateTime,
  named,
  Nullable,
  OneOf,
  Operator,
  Uuid,
} from "./schema-types.ts";
import { StateType } from "./state-schemas.ts";

const Name = Type.String({ pattern: "^[^/%&><]+$" });
const Limit = Type.Integer({ minimum: 0 });
const Priority = Type.Integer({ exclusiveMinimum: 0 });

/** How queues of old chose runs; taken and forgotten. */
const QueueFilter = named(
  "QueueFilter",
  Type.Object({ tags: AnyOfTexts, deployment_ids: AnyOfIds }),
);

const WorkQueueStatus = named("WorkQueueStatus", OneOf("READY", "NOT_READY", "PAUSED"));

/** A queue to create. */
export const WorkQueueCreate = named(
  "WorkQueueCreate",
  Closed({
    name: Name,
    description: Absent(Type.String()),
    is_paused: Type.Optional(Type.Boolean({ default: false })),
    concurrency_limit: Absent(Limit),
    priority: Absent(Priority),
    filter: Absent(QueueFilter),
  }),
);

/** What to change of a queue: what is not there stays; a limit that is null is removed. */
export const WorkQueueUpdate = named(
  "WorkQueueUpdate",
  Closed({
    name: Absent(Type.String()),
    description: Absent(Type.String()),
    is_paused: Type.Optional(Type.Boolean({ default: false })),
    concurrency_limit: Absent(Limit),
    priority: Absent(Priority),
    last_polled: Absent(DateTime),
    filter: Absent(QueueFilter),
  }),
);

/** Which queues are meant. */
export const WorkQueueFilter = named(
  "WorkQueueFilter",
  Closed({
    operator: Type.Optional(Operator),
    id: Absent(named("WorkQueueFilterId", Closed({ any_: AnyOfIds }))),
    name: Absent(
      named("WorkQueueFilterName", Closed({ any_: AnyOfTexts, startswith_: AnyOfTexts })),
    ),
  }),
);

/** A queue as it is answered. */
export const WorkQueueResponse = named(
  "WorkQueueResponse",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    name: Name,
    description: Absent(Type.String()),
    is_paused: Type.Optional(Type.Boolean()),
    concurrency_limit: Absent(Limit),
    priority: Type.Optional(Priority),
    work_pool_id: Absent(Uuid),
    work_pool_name: Absent(Type.String()),
    filter: Absent(QueueFilter),
    last_polled: Absent(DateTime),
    status: Absent(WorkQueueStatus),
    active_slots: Absent(Type.Integer()),
  }),
);

/** A queue's health. */
export const WorkQueueStatusDetail = named(
  "WorkQueueStatusDetail",
  Type.Object({
    healthy: Type.Boolean(),
    late_runs_count: Type.Optional(Type.Integer()),
    last_polled: Absent(DateTime),
    health_check_policy: named(
      "WorkQueueHealthPolicy",
      Type.Object({
        maximum_late_runs: Absent(Type.Integer()),
        maximum_seconds_since_last_polled: Absent(Type.Integer()),
      }),
    ),
  }),
);

const FlowRunSlotSummary = named(
  "FlowRunSlotSummary",
  Type.Object({
    id: Uuid,
    name: Type.String(),
    state_type: Absent(StateType),
    state_name: Absent(Type.String()),
    start_time: Absent(DateTime),
    state_timestamp: Absent(DateTime),
    time_in_current_state: Absent(Type.Number()),
  }),
);

/** Who holds a queue's slots. */
export const WorkQueueConcurrencyStatus = named(
  "WorkQueueConcurrencyStatus",
  Type.Object({
    active_slots: Type.Integer(),
    concurrency_limit: Absent(Type.Integer()),
    flow_runs: Type.Optional(Type.Array(FlowRunSlotSummary)),
    count: Type.Integer(),
    limit: Type.Integer(),
    pages: Type.Integer(),
    page: Type.Integer(),
  }),
);

/** A queue as clients read it. */
export function writeWorkQueue(view: WorkQueueView): object {
  return {
    id: view.id,
    created: writeDateTime(view.createdAt),
    updated: writeDateTime(view.updatedAt),
    name: view.name,
    description: view.description,
    is_paused: view.isPaused,
    concurrency_limit: view.concurrencyLimit,
    priority: view.priority,
    work_pool_id: view.workPoolId,
    work_pool_name: view.workPoolName,
    filter: null,
    last_polled: view.lastPolledAt === null ? null : writeDateTime(view.lastPolledAt),
    status: view.status,
    active_slots: view.concurrencyLimit === null ? null : view.slotsHeld,
  };
}

/** A run that holds a slot. `now` is by the database's clock. */
export function writeSlotHolder(run: FlowRunView, now: number): object {
  return {
    id: run.id,
    name: run.name,
    state_type: run.stateType,
    state_name: run.stateName,
    start_time: run.startAt === null ? null : writeDateTime(run.startAt),
    state_timestamp: writeDateTime(run.stateAt),
    time_in_current_state: Math.max(0, (now - run.stateAt) / 1000),
  };
}

/** A checked filter. `workPoolName`: of that pool only. */
export function readQueueFilter(
  filter: Static<typeof WorkQueueFilter> | null | undefined,
  workPoolName: string | null,
): StoreFilter {
  return {
    workPoolName,
    ids: filter?.id?.any_ ?? null,
    names: filter?.name?.any_ ?? null,
    namePrefixes: filter?.name?.startswith_ ?? null,
    either: filter?.operator === "or_",
  };
}
