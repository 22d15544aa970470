import { Type } from "typebox";
import type { State } from "#server/domain/state.ts";
import { STATE_TYPES } from "#shared/states.ts";
import { writeDateTime } from "./date-time.ts";
import { Absent, AnyJson, DateTime, named, OneOf, Uuid } from "./schema-types.ts";

/** The nine types of states. */
export const StateType = named("StateType", OneOf(...STATE_TYPES));

const TextMap = Type.Unsafe<Record<string, string>>({
  type: "object",
  additionalProperties: { type: "string" },
});

const StateDetails = named(
  "StateDetails",
  Type.Object({
    flow_run_id: Absent(Uuid),
    task_run_id: Absent(Uuid),
    child_flow_run_id: Absent(Uuid),
    scheduled_time: Absent(DateTime),
    cache_key: Absent(Type.String()),
    cache_expiration: Absent(DateTime),
    deferred: Type.Optional(Type.Union([Type.Boolean(), Type.Null()], { default: false })),
    untrackable_result: Type.Optional(Type.Boolean({ default: false })),
    pause_timeout: Absent(DateTime),
    pause_reschedule: Type.Optional(Type.Boolean({ default: false })),
    pause_key: Absent(Type.String()),
    run_input_keyset: Absent(TextMap),
    refresh_cache: Absent(Type.Boolean()),
    retriable: Absent(Type.Boolean()),
    transition_id: Absent(Uuid),
    task_parameters_id: Absent(Uuid),
    traceparent: Absent(Type.String()),
    deployment_concurrency_lease_id: Absent(Uuid),
  }),
);

/** A state as it is answered. */
export const StateResponse = named(
  "State",
  Type.Object({
    id: Uuid,
    type: StateType,
    name: Absent(Type.String()),
    timestamp: Type.Optional(DateTime),
    message: Absent(Type.String()),
    data: Type.Optional(AnyJson),
    state_details: Type.Optional(StateDetails),
  }),
);

/** A state of that run as clients read it. */
export function writeState(flowRunId: string, state: State): object {
  const { details: stored } = state;
  const time = (at: number | undefined): string | null =>
    at === undefined ? null : writeDateTime(at);
  return {
    id: state.id,
    type: state.type,
    name: state.name,
    timestamp: writeDateTime(state.timestamp),
    message: state.message,
    data: state.data ?? null,
    state_details: {
      task_run_id: null,
      child_flow_run_id: null,
      cache_key: null,
      cache_expiration: null,
      deferred: false,
      untrackable_result: false,
      refresh_cache: null,
      retriable: null,
      task_parameters_id: null,
      traceparent: null,
      ...stored.other,
      flow_run_id: flowRunId,
      scheduled_time: time(stored.scheduledTime),
      pause_timeout: time(stored.pauseTimeout),
      pause_reschedule: stored.pauseReschedule ?? false,
      pause_key: stored.pauseKey ?? null,
      run_input_keyset: stored.runInputKeyset ?? null,
      transition_id: stored.transitionId ?? null,
      deployment_concurrency_lease_id: stored.deploymentConcurrencyLeaseId ?? null,
    },
  };
}
