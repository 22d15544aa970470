import { type Static, Type } from "typebox";
import type { ProposalAnswer } from "#server/transitions/set-flow-run-state.ts";
import type { ProposedState, State, StateDetails as DomainDetails } from "#server/domain/state.ts";
import { STATE_TYPES } from "#shared/states.ts";
import { readDateTime, writeDateTime } from "./date-time.ts";
import { Absent, AnyJson, Closed, DateTime, named, Nullable, OneOf, Uuid } from "./schema-types.ts";

export const StateType = named("StateType", OneOf(...STATE_TYPES));

const TextMap = Type.Unsafe<Record<string, string>>({
  type: "object",
  additionalProperties: { type: "string" },
});

/** What is remembered about a state. Whatever else a client puts there is kept as it came. */
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

/** A state as clients propose it. */
export const StateCreate = named(
  "StateCreate",
  Closed({
    type: StateType,
    name: Absent(Type.String()),
    message: Absent(Type.String()),
    data: Type.Optional(AnyJson),
    state_details: Type.Optional(StateDetails),
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

const details = <const K extends string>(kind: K) =>
  Type.Optional(Type.Unsafe<K>({ type: "string", const: kind, default: kind }));
const Reason = Absent(Type.String());

/** What became of a proposal. */
export const OrchestrationResult = named(
  "OrchestrationResult",
  Type.Object({
    state: Nullable(StateResponse),
    status: named("SetStateStatus", OneOf("ACCEPT", "REJECT", "ABORT", "WAIT")),
    details: Type.Union([
      named("StateAcceptDetails", Type.Object({ type: details("accept_details") })),
      named(
        "StateWaitDetails",
        Type.Object({
          type: details("wait_details"),
          delay_seconds: Type.Integer(),
          reason: Reason,
        }),
      ),
      named("StateRejectDetails", Type.Object({ type: details("reject_details"), reason: Reason })),
      named("StateAbortDetails", Type.Object({ type: details("abort_details"), reason: Reason })),
    ]),
  }),
);

/** A checked body as a proposal. */
export function readState(body: Static<typeof StateCreate>): ProposedState {
  const { type, name, message, data, state_details: given } = body;
  return {
    type,
    // Without a name a state has that of its type; an empty one says as little.
    ...(name === null || name === undefined || name === "" ? {} : { name }),
    message: message ?? null,
    data: data ?? null,
    details: readDetails(given ?? {}),
  };
}

function readDetails(given: Static<typeof StateDetails>): DomainDetails {
  const {
    scheduled_time,
    transition_id,
    pause_timeout,
    pause_reschedule,
    pause_key,
    run_input_keyset,
    deployment_concurrency_lease_id,
    // Follows from where the state is.
    flow_run_id: _,
    ...others
  } = given;
  const other = Object.fromEntries(
    Object.entries(others).filter(([, value]) => value !== null && value !== false),
  );
  return {
    ...(scheduled_time ? { scheduledTime: readDateTime(scheduled_time) } : {}),
    ...(transition_id ? { transitionId: transition_id } : {}),
    ...(pause_timeout ? { pauseTimeout: readDateTime(pause_timeout) } : {}),
    ...(pause_reschedule ? { pauseReschedule: true } : {}),
    ...(pause_key ? { pauseKey: pause_key } : {}),
    ...(run_input_keyset ? { runInputKeyset: run_input_keyset } : {}),
    ...(deployment_concurrency_lease_id
      ? { deploymentConcurrencyLeaseId: deployment_concurrency_lease_id }
      : {}),
    ...(Object.keys(other).length > 0 ? { other } : {}),
  };
}

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

/** What became of a proposal, and whether something was stored: 201, else 200. */
export function writeAnswer(
  flowRunId: string,
  { answer, state }: ProposalAnswer,
): { status: 200 | 201; body: object } {
  const { status } = answer;
  const reason = "reason" in answer ? { reason: answer.reason } : {};
  const body = {
    state: state === null ? null : writeState(flowRunId, state),
    status,
    details: {
      type: `${status.toLowerCase()}_details`,
      ...(answer.status === "WAIT" ? { delay_seconds: answer.delaySeconds } : {}),
      ...reason,
    },
  };
  const stored = "change" in answer && answer.change !== null;
  return { status: stored ? 201 : 200, body };
}
