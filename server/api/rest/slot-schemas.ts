import { Type } from "typebox";
import type { ActiveRun, QueueConcurrency } from "#server/store/work-pool-concurrency.ts";
import { STATE_TYPES } from "#shared/states.ts";
import { writeDateTime } from "./date-time.ts";
import { Absent, DateTime, named, OneOf, Uuid } from "./schema-types.ts";

const StateType = named("StateType", OneOf(...STATE_TYPES));

/** A run that holds a slot. */
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

const WorkQueueConcurrencyStatusDetail = named(
  "WorkQueueConcurrencyStatusDetail",
  Type.Object({
    queue_id: Uuid,
    queue_name: Type.String(),
    active_slots: Type.Integer(),
    concurrency_limit: Absent(Type.Integer()),
    flow_runs: Type.Optional(Type.Array(FlowRunSlotSummary)),
    flow_run_count: Absent(Type.Integer()),
  }),
);

/** The slots of a pool, with a page of its queues. */
export const WorkPoolConcurrencyStatus = named(
  "WorkPoolConcurrencyStatus",
  Type.Object({
    active_slots: Type.Integer(),
    concurrency_limit: Absent(Type.Integer()),
    queues: Type.Optional(Type.Array(WorkQueueConcurrencyStatusDetail)),
    count: Type.Integer(),
    limit: Type.Integer(),
    pages: Type.Integer(),
    page: Type.Integer(),
  }),
);

/** A queue with its runs, as clients read it. */
export function writeQueueConcurrency(queue: QueueConcurrency): object {
  return {
    queue_id: queue.id,
    queue_name: queue.name,
    active_slots: queue.activeSlots,
    concurrency_limit: queue.concurrencyLimit,
    flow_runs: queue.flowRuns.map(writeActiveRun),
    flow_run_count: queue.activeSlots,
  };
}

function writeActiveRun(run: ActiveRun): object {
  return {
    id: run.id,
    name: run.name,
    state_type: run.stateType,
    state_name: run.stateName,
    start_time: run.startAt === null ? null : writeDateTime(run.startAt),
    state_timestamp: writeDateTime(run.stateAt),
    time_in_current_state: run.secondsInState,
  };
}
