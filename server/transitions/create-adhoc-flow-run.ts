import { flowNotFound, workPoolNotFound, workQueueNotFound } from "#server/domain/not-found.ts";
import { parseParameters } from "#server/domain/parameters.ts";
import { runName } from "#server/domain/run-name.ts";
import { occupiesSlot } from "#server/domain/slot-room.ts";
import type { ProposedState } from "#server/domain/state.ts";
import { poolLockStatement, readSlotRoom } from "#server/store/claims.ts";
import { flowRunsByKey, insertFlowRuns, type NewFlowRun } from "#server/store/flow-run-creation.ts";
import { type AdhocFacts, readAdhocFacts } from "#server/store/flow-run-updates.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import { findPoolOfWorkers } from "#server/store/workers.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import type { JsonObject } from "#shared/json.ts";
import { requireStorableJson, requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { despiteDeletions } from "./despite-deletions.ts";
import { firstState } from "./first-state.ts";
import { requireRunVariables } from "./pool-job-variables.ts";

/** A run without a deployment: its engine, or a Prefect worker, has it in hand. JSON is text. */
export interface AdhocFlowRun {
  readonly flowId: string;
  readonly name: string | null;
  readonly state: ProposedState;
  readonly flowVersion: string | null;
  readonly parameters: string;
  readonly context: string;
  readonly parentTaskRunId: string | null;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  readonly tags: readonly string[];
  readonly labels: JsonObject;
  readonly idempotencyKey: string | null;
  /** Null: in no pool. */
  readonly workPoolName: string | null;
  readonly workQueueName: string | null;
  readonly jobVariables: JsonObject;
}

/**
 * Creates a run, or finds the older one of the same flow and idempotency key. One that is created in
 * hand takes a slot of its pool at once: throws no_free_slot if there is none.
 */
export async function createAdhocFlowRun(
  ctx: TransitionContext,
  input: AdhocFlowRun,
): Promise<{ readonly id: string; readonly created: boolean }> {
  requireStorable(input);
  const poolId = await findPool(ctx, input);
  const takesSlot = poolId !== null && occupiesSlot(input.state.type);
  const create = (): Promise<{ readonly id: string; readonly created: boolean }> =>
    inTransaction(
      ctx.pool,
      async (tx) => {
        const facts = await readAdhocFacts(tx, input);
        requireNamed(input, facts);
        requireRunVariables(facts.baseJobTemplate, {}, input.jobVariables);
        const key = { flowId: input.flowId, idempotencyKey: input.idempotencyKey ?? "" };
        const older =
          input.idempotencyKey === null
            ? undefined
            : [...(await flowRunsByKey(tx, [key])).values()][0];
        if (older !== undefined) return { id: older, created: false };
        if (takesSlot) await requireSlot(tx, input, facts);
        const run = newRun(ctx, input, facts);
        if ((await insertFlowRuns(tx, [run])).has(run.id)) {
          if (poolId !== null) await notifyOnCommit(tx, ctx.wakeUps, "pool", [poolId]);
          return { id: run.id, created: true };
        }
        const [winner] = (await flowRunsByKey(tx, [key])).values();
        return { id: winner ?? run.id, created: false };
      },
      takesSlot ? poolLockStatement(poolId) : "",
    );
  const answer = await despiteDeletions(create);
  if (poolId !== null) ctx.wakeUps.emit("pool", poolId);
  return answer;
}

async function findPool(ctx: TransitionContext, input: AdhocFlowRun): Promise<string | null> {
  if (input.workPoolName === null) {
    if (input.workQueueName === null) return null;
    throw invalidField(
      "work_queue_name",
      `'${input.workQueueName}' is in no pool; give work_pool_name too`,
    );
  }
  const pool = await findPoolOfWorkers(ctx.pool, input.workPoolName);
  if (pool === undefined) throw workPoolNotFound(input.workPoolName);
  return pool.id;
}

function requireNamed(input: AdhocFlowRun, facts: AdhocFacts): void {
  if (facts.flowId === null) throw flowNotFound(input.flowId);
  if (input.workPoolName === null) return;
  if (facts.workPoolId === null) throw workPoolNotFound(input.workPoolName);
  if (facts.workQueueId === null) {
    throw workQueueNotFound({
      workPoolName: input.workPoolName,
      name: input.workQueueName ?? "default",
    });
  }
}

async function requireSlot(tx: Tx, input: AdhocFlowRun, facts: AdhocFacts): Promise<void> {
  const room = await readSlotRoom(tx, facts.workPoolId ?? "", facts.workQueueId ?? "");
  const free = [room?.queueFree ?? 1, room?.poolFree ?? 1];
  if (free.every((slots) => slots > 0)) return;
  throw new AppError(
    "no_free_slot",
    `work_pool_name: '${input.workPoolName}' has no free slot for a run that is ${input.state.type}; ` +
      "create it as SCHEDULED, raise the limit, or try again when a run has ended",
    { metadata: { work_pool: input.workPoolName ?? "" } },
  );
}

function newRun(ctx: TransitionContext, input: AdhocFlowRun, facts: AdhocFacts): NewFlowRun {
  const id = newId();
  const { retries, retryDelaySeconds } = input;
  const change = firstState(
    ctx,
    { id, kind: "engine", deploymentId: null, retries, retryDelaySeconds },
    input.state,
    facts.now,
  );
  const { state } = change;
  return {
    id,
    name: input.name ?? runName([Math.random(), Math.random()]),
    flowId: input.flowId,
    deploymentId: null,
    workPoolId: facts.workPoolId,
    workQueueId: facts.workQueueId,
    kind: "engine",
    stateId: state.id,
    stateType: state.type,
    stateName: state.name,
    at: state.timestamp,
    message: state.message,
    details: state.details,
    data: state.data,
    retries,
    retryDelaySeconds,
    nextStartAt: change.nextScheduledStartTime,
    expectedStartAt: change.expectedStartTime,
    startAt: change.startTime,
    endAt: change.endTime,
    runCount: change.runCount,
    idempotencyKey: input.idempotencyKey,
    parameters: input.parameters,
    jobVariables: input.jobVariables,
    tags: [...new Set(input.tags)],
    eventId: state.id,
    flowVersion: input.flowVersion,
    labels: input.labels,
    context: input.context,
    parentTaskRunId: input.parentTaskRunId,
  };
}

function requireStorable(input: AdhocFlowRun): void {
  const { value } = parseParameters("parameters", input.parameters);
  requireStorableJson("parameters", value);
  requireStorableJson("labels", input.labels);
  requireStorableJson("job_variables", input.jobVariables);
  for (const [field, text] of [
    ["name", input.name],
    ["flow_version", input.flowVersion],
    ["idempotency_key", input.idempotencyKey],
    ...input.tags.map((tag) => ["tags", tag] as const),
  ] as const) {
    requireStorableText(field, text ?? "");
  }
  if (!(input.retries >= 0)) {
    throw invalidField(
      "empirical_policy.retries",
      `${input.retries} is out of range; give 0 or more`,
    );
  }
  if (!(input.retryDelaySeconds >= 0)) {
    const field = "empirical_policy.retry_delay";
    throw invalidField(field, `${input.retryDelaySeconds} is out of range; give seconds from 0`);
  }
}
