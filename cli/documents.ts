import type { ConcurrencyLimit } from "#proto/sluice/v1/concurrency_limit_service.ts";
import type { Deployment } from "#proto/sluice/v1/deployment_service.ts";
import type { AttemptTimeline, FlowRun, LogLine, State } from "#proto/sluice/v1/flow_run.ts";
import type { GetServerInfoResponse } from "#proto/sluice/v1/server_service.ts";
import type {
  ExplainedValue,
  GetWorkPoolSlotsResponse,
  PreviewJobResponse,
  UpcomingRun,
  ValueOrigin,
} from "#proto/sluice/v1/work_pool_insight.ts";
import type { Agent, StorageConfiguration, WorkPool } from "#proto/sluice/v1/work_pool_service.ts";
import type { GetWorkQueueStatusResponse, WorkQueue } from "#proto/sluice/v1/work_queue_service.ts";
import { jsonOrText } from "./key-value.ts";
import { stateType } from "./state-style.ts";

/** A thing as `-o json` shows it: every key always there, `null` where there is nothing. */
export type Document = Readonly<Record<string, unknown>>;

const time = (value: Date | undefined): string | null => value?.toISOString() ?? null;
const text = (value: string): string | null => (value === "" ? null : value);
const stored = (json: string): unknown => (json === "" ? null : jsonOrText(json));
const suffix = (value: string, prefix: string): string =>
  value.startsWith(prefix) ? value.slice(prefix.length) : value;

export function workPoolDocument(pool: WorkPool): Document {
  return {
    id: pool.id,
    name: pool.name,
    type: pool.type,
    description: text(pool.description),
    status: suffix(pool.status, "WORK_POOL_STATUS_"),
    is_paused: pool.isPaused,
    concurrency_limit: pool.concurrencyLimit ?? null,
    slots_held: pool.slotsHeld,
    waiting_runs: pool.waitingRuns,
    agents_online: pool.agentsOnline,
    lost_policy: suffix(pool.lostPolicy, "LOST_POLICY_").toLowerCase(),
    lost_after_seconds: pool.lostAfterSeconds,
    ageing_seconds: pool.ageingSeconds ?? null,
    created_at: time(pool.createdAt),
    updated_at: time(pool.updatedAt),
    storage_configuration: storageDocument(pool.storageConfiguration),
    base_job_template: stored(pool.baseJobTemplateJson),
  };
}

export function workQueueDocument(queue: WorkQueue): Document {
  return {
    id: queue.id,
    name: queue.name,
    work_pool: queue.workPoolName,
    work_pool_id: queue.workPoolId,
    description: text(queue.description),
    priority: queue.priority,
    concurrency_limit: queue.concurrencyLimit ?? null,
    is_paused: queue.isPaused,
    status: suffix(queue.status, "WORK_QUEUE_STATUS_"),
    last_polled_at: time(queue.lastPolledAt),
    is_default: queue.isDefault,
    slots_held: queue.slotsHeld,
    waiting_runs: queue.waitingRuns,
    created_at: time(queue.createdAt),
    updated_at: time(queue.updatedAt),
  };
}

export function workQueueStatusDocument(health: GetWorkQueueStatusResponse): Document {
  return {
    healthy: health.healthy,
    late_runs: health.lateRuns,
    last_polled_at: time(health.lastPolledAt),
    maximum_late_runs: health.maximumLateRuns,
    maximum_seconds_since_last_polled: health.maximumSecondsSinceLastPolled,
  };
}

/** Every key is there, `null` where nothing is configured. */
export function storageDocument(storage: StorageConfiguration | undefined): Document {
  return {
    bundle_upload_step: stored(storage?.bundleUploadStepJson ?? ""),
    bundle_execution_step: stored(storage?.bundleExecutionStepJson ?? ""),
    default_result_storage_block_id: text(storage?.defaultResultStorageBlockId ?? ""),
  };
}

export function poolSlotsDocument(slots: GetWorkPoolSlotsResponse): Document {
  return {
    concurrency_limit: slots.concurrencyLimit ?? null,
    slots_held: slots.slotsHeld,
    queues: slots.queues.map((queue) => ({
      id: queue.workQueueId,
      name: queue.workQueueName,
      priority: queue.priority,
      is_paused: queue.isPaused,
      concurrency_limit: queue.concurrencyLimit ?? null,
      slots_held: queue.slotsHeld,
      holders: queue.holders.map((holder) => ({
        flow_run_id: holder.flowRunId,
        flow_run_name: holder.flowRunName,
        state: holder.state === undefined ? null : stateDocument(holder.state),
        since: time(holder.since),
        agent: text(holder.agentName),
        stopping: holder.stopping,
      })),
    })),
    _truncated: slots.queues.some(({ slotsHeld, holders }) => holders.length < slotsHeld),
  };
}

export function upcomingRunDocument(run: UpcomingRun): Document {
  return {
    id: run.flowRunId,
    name: run.flowRunName,
    flow_name: run.flowName,
    deployment: text(run.deploymentName),
    work_queue: run.workQueueName,
    priority: run.priority,
    held_up: run.isHeldUp,
    state: run.state === undefined ? null : stateDocument(run.state),
    due_at: time(run.dueAt),
  };
}

export function jobPreviewDocument(preview: PreviewJobResponse): Document {
  const value = (explained: ExplainedValue): Document => ({
    name: explained.name,
    value: stored(explained.valueJson ?? ""),
    origin: originName(explained.origin),
  });
  return {
    job_configuration: stored(preview.jobConfigurationJson),
    variables: preview.variables.map((variable) => ({
      ...value(variable),
      is_declared: variable.isDeclared,
      is_secret: variable.isSecret,
    })),
    env: preview.env.map(value),
    references: preview.references,
    refusal: text(preview.refusal),
  };
}

/** Who gave a value, in words. */
export function originName(origin: ValueOrigin): string {
  return suffix(origin, "VALUE_ORIGIN_").toLowerCase().replace("_", " ");
}

export function agentDocument(agent: Agent): Document {
  return {
    id: agent.id,
    name: agent.name,
    work_pool: agent.workPoolName,
    type: agent.type,
    status: suffix(agent.status, "AGENT_STATUS_"),
    limit: agent.limit ?? null,
    slots_held: agent.slotsHeld,
    work_queues: agent.workQueueNames,
    version: agent.version,
    hostname: agent.hostname,
    last_seen_at: time(agent.lastSeenAt),
    created_at: time(agent.createdAt),
  };
}

export function deploymentDocument(deployment: Deployment): Document {
  return {
    id: deployment.id,
    name: deployment.name,
    flow_id: deployment.flowId,
    flow_name: deployment.flowName,
    description: text(deployment.description),
    version: text(deployment.version),
    entrypoint: text(deployment.entrypoint),
    work_pool: text(deployment.workPoolName),
    work_queue: text(deployment.workQueueName),
    tags: deployment.tags,
    parameters: stored(deployment.parametersJson),
    parameter_schema: stored(deployment.parameterSchemaJson),
    enforce_parameter_schema: deployment.enforceParameterSchema,
    job_variables: stored(deployment.jobVariablesJson),
    pull_steps: stored(deployment.pullStepsJson),
    retries: deployment.retries,
    retry_delay_seconds: deployment.retryDelaySeconds,
    concurrency_limit: deployment.concurrencyLimit ?? null,
    concurrency_limit_name: text(deployment.concurrencyLimitName),
    collision_strategy: collisionStrategy(deployment.collisionStrategy),
    grace_period_seconds: deployment.gracePeriodSeconds ?? null,
    slots_held: deployment.slotsHeld,
    created_at: time(deployment.createdAt),
    updated_at: time(deployment.updatedAt),
  };
}

/** What becomes of runs that find their deployment full, as people write it. */
export function collisionStrategy(strategy: Deployment["collisionStrategy"]): string {
  return strategy === "COLLISION_STRATEGY_UNSPECIFIED"
    ? "ENQUEUE"
    : suffix(strategy, "COLLISION_STRATEGY_");
}

export function concurrencyLimitDocument(limit: ConcurrencyLimit): Document {
  return {
    id: limit.id,
    name: limit.name,
    limit: limit.limit,
    active: limit.active,
    active_slots: limit.slotsHeld,
    slot_decay_per_second: limit.slotDecayPerSecond,
    denied_slots: limit.deniedSlots,
    avg_slot_occupancy_seconds: limit.avgSlotOccupancySeconds,
    created_at: time(limit.createdAt),
    updated_at: time(limit.updatedAt),
  };
}

export function stateDocument(state: State): Document {
  return {
    id: state.id,
    type: stateType(state.type) ?? state.type,
    name: state.name,
    timestamp: time(state.timestamp),
    message: text(state.message),
  };
}

export function flowRunDocument(run: FlowRun): Document {
  return {
    id: run.id,
    name: run.name,
    flow_id: run.flowId,
    flow_name: run.flowName,
    deployment_id: text(run.deploymentId),
    deployment: text(run.deploymentName),
    work_pool: text(run.workPoolName),
    work_queue: text(run.workQueueName),
    state: run.state === undefined ? null : stateDocument(run.state),
    kind: suffix(run.kind, "FLOW_RUN_KIND_").toLowerCase(),
    run_count: run.runCount,
    epoch: run.epoch,
    retries: run.retries,
    retry_delay_seconds: run.retryDelaySeconds,
    parameters: stored(run.parametersJson),
    job_variables: stored(run.jobVariablesJson),
    tags: run.tags,
    idempotency_key: text(run.idempotencyKey),
    created_at: time(run.createdAt),
    expected_start_time: time(run.expectedStartTime),
    next_scheduled_start_time: time(run.nextScheduledStartTime),
    start_time: time(run.startTime),
    end_time: time(run.endTime),
    total_run_time_seconds: run.totalRunTimeSeconds,
    agent: text(run.agentName),
    infrastructure_id: text(run.infrastructureId),
    unreachable: run.unreachable,
  };
}

export function attemptDocument(attempt: AttemptTimeline): Document {
  return {
    epoch: attempt.epoch,
    attempt: attempt.attempt,
    agent: text(attempt.agentName),
    end_reason: text(attempt.endReason),
    exit_code: attempt.exitCode ?? null,
    hops: attempt.hops.map((hop) => ({
      name: hop.name,
      at: time(hop.at),
      since_previous_ms: hop.sincePreviousMs,
    })),
  };
}

export function logLineDocument(line: LogLine): Document {
  return {
    epoch: line.epoch,
    offset: line.offset,
    timestamp: time(line.timestamp),
    level: line.level,
    message: line.message,
  };
}

export function serverInfoDocument(info: GetServerInfoResponse): Document {
  return {
    version: info.version,
    schema_version: info.schemaVersion,
    replica_id: info.replicaId,
    started_at: time(info.startedAt),
    embedded_database: info.embeddedDatabase,
  };
}
