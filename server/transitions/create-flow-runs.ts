import { flowRunKind } from "#server/domain/deployment.ts";
import { deploymentNotFound } from "#server/domain/not-found.ts";
import { mergeParameters } from "#server/domain/parameters.ts";
import { runName } from "#server/domain/run-name.ts";
import { type DeploymentReference, parseDeploymentReference } from "#server/store/deployments.ts";
import {
  type DeploymentForRuns,
  deploymentsForRuns,
  flowRunsByKey,
  insertFlowRuns,
  type NewFlowRun,
} from "#server/store/flow-run-creation.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import { ensureWorkQueue } from "#server/store/work-queues.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import { type JsonObject, parseJsonObject } from "#shared/json.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableJson, requireStorableText } from "#shared/storable-text.ts";
import { readBlockDefaults, withBlocks } from "./block-values.ts";
import type { TransitionContext } from "./context.ts";
import { despiteDeletions } from "./despite-deletions.ts";
import { firstState } from "./first-state.ts";
import { requireParameters } from "./json-schema.ts";
import { requireRunVariables } from "./pool-job-variables.ts";

/** A run to create. JSON is text, empty for `{}`; times are Millis. */
export interface CreateFlowRunInput {
  /** Its id, or `FLOW/DEPLOYMENT`. */
  readonly deployment: string;
  readonly name: string | null;
  readonly parameters: string;
  readonly jobVariables: string;
  readonly tags: readonly string[];
  readonly idempotencyKey: string | null;
  /** Null: now. */
  readonly scheduledTime: number | null;
  /** Null: the deployment's. */
  readonly workQueueName: string | null;
  readonly stateName?: string;
  readonly stateMessage?: string | null;
  /** Undefined: as the deployment says. */
  readonly enforceParameterSchema?: boolean;
  readonly retries?: number;
  readonly retryDelaySeconds?: number;
  readonly labels?: JsonObject;
  /** JSON text. */
  readonly context?: string;
  readonly parentTaskRunId?: string | null;
}

/** A run as created, or the older one that its idempotency key found. */
export interface CreatedFlowRun {
  readonly flowRunId: string;
  readonly created: boolean;
  readonly warnings: readonly string[];
}

/** What a timestamp of the contract can tell. */
const FIRST_TIME = Date.parse("0001-01-01T00:00:00Z");
const LAST_TIME = Date.parse("9999-12-31T23:59:59.999Z");

interface Parsed {
  readonly input: CreateFlowRunInput;
  readonly reference: DeploymentReference;
  readonly jobVariables: JsonObject;
}

interface Prepared {
  readonly run: NewFlowRun;
  readonly deployment: DeploymentForRuns;
}

/** Creates runs together. Each is created or refused for itself; answers are in order. */
export async function createFlowRuns(
  ctx: TransitionContext,
  inputs: readonly CreateFlowRunInput[],
): Promise<(CreatedFlowRun | AppError)[]> {
  const parsed = inputs.map((input) => orRefusal(() => parse(input)));
  const wanted = parsed.flatMap((item) => (item instanceof AppError ? [] : [item.reference]));
  const pools = new Set<string>();
  const create = async (tx: Tx): Promise<(CreatedFlowRun | AppError)[]> => {
    const deployments = indexDeployments(
      await deploymentsForRuns(tx, wanted, ctx.numbers.missedHeartbeats),
    );
    const prepared: (Prepared | AppError)[] = [];
    for (const item of parsed) {
      prepared.push(
        item instanceof AppError
          ? item
          : await orRefusal(() => prepare(ctx, tx, item, deployments.get(keyOf(item.reference)))),
      );
    }
    const answers = await store(tx, prepared);
    for (const item of prepared) {
      if (!(item instanceof AppError) && item.run.workPoolId !== null)
        pools.add(item.run.workPoolId);
    }
    await notifyOnCommit(tx, ctx.wakeUps, "pool", pools);
    return answers;
  };
  const answers = await despiteDeletions(() => inTransaction(ctx.pool, create));
  for (const id of pools) ctx.wakeUps.emit("pool", id);
  return answers;
}

async function store(
  tx: Tx,
  prepared: readonly (Prepared | AppError)[],
): Promise<(CreatedFlowRun | AppError)[]> {
  // In the order of their keys: who creates the same keys in another order at once would wait for
  // one of ours, and we for one of theirs.
  const runs = prepared
    .flatMap((item) => (item instanceof AppError ? [] : [item.run]))
    .toSorted((a, b) => compareTexts(keyText(a), keyText(b)));
  const inserted = runs.length === 0 ? new Set<string>() : await insertFlowRuns(tx, runs);
  const known = runs.flatMap(({ id, flowId, idempotencyKey }) =>
    inserted.has(id) || idempotencyKey === null ? [] : [{ flowId, idempotencyKey }],
  );
  const older = known.length === 0 ? new Map<string, string>() : await flowRunsByKey(tx, known);
  return prepared.map((item) => {
    if (item instanceof AppError) return item;
    const { run, deployment } = item;
    const olderId = older.get(`${run.flowId} ${run.idempotencyKey}`);
    return inserted.has(run.id) || olderId === undefined
      ? { flowRunId: run.id, created: true, warnings: warningsFor(deployment) }
      : { flowRunId: olderId, created: false, warnings: [] };
  });
}

function keyText({ flowId, idempotencyKey }: NewFlowRun): string {
  return `${flowId} ${idempotencyKey ?? ""}`;
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function parse(input: CreateFlowRunInput): Parsed {
  if (input.name !== null) requireName("name", input.name);
  if (input.workQueueName !== null) requireName("work_queue_name", input.workQueueName);
  if (input.idempotencyKey !== null && input.idempotencyKey.length > 1024) {
    throw invalidField("idempotency_key", "it has more than 1024 characters; give a shorter one");
  }
  requireStorableText("name", input.name ?? "");
  requireStorableText("work_queue_name", input.workQueueName ?? "");
  requireStorableText("idempotency_key", input.idempotencyKey ?? "");
  for (const tag of input.tags) requireStorableText("tags", tag);
  const { scheduledTime } = input;
  if (scheduledTime !== null && !(scheduledTime >= FIRST_TIME && scheduledTime <= LAST_TIME)) {
    throw invalidField("scheduled_time", "it is out of range; give one of the years 1 to 9999");
  }
  const jobVariables = parseJsonObject("job_variables_json", input.jobVariables);
  requireStorableJson("job_variables_json", jobVariables);
  const reference = parseDeploymentReference("deployment", input.deployment);
  return { input, reference, jobVariables };
}

async function prepare(
  ctx: TransitionContext,
  tx: Tx,
  { input, jobVariables }: Parsed,
  deployment: DeploymentForRuns | undefined,
): Promise<Prepared> {
  if (deployment === undefined) {
    throw deploymentNotFound(input.deployment);
  }
  const parameters = mergeParameters(deployment.parameters, input.parameters);
  if (input.enforceParameterSchema ?? deployment.enforceParameterSchema) {
    requireParameters(deployment.parameterSchema, parameters.value, { required: true });
  }
  const baseJobTemplate = deployment.baseJobTemplate ?? {};
  requireRunVariables(
    baseJobTemplate,
    await withBlocks(ctx, tx, deployment.jobVariables),
    await withBlocks(ctx, tx, jobVariables),
    await readBlockDefaults(ctx, tx, baseJobTemplate),
  );
  const kind = flowRunKind({
    entrypoint: deployment.entrypoint,
    baseJobTemplate,
    deploymentJobVariables: deployment.jobVariables,
    jobVariables,
  });
  const workQueueId = await queueOf(tx, input, deployment);
  const id = newId();
  const { retries = deployment.retries, retryDelaySeconds = deployment.retryDelaySeconds } = input;
  const change = firstState(
    ctx,
    { id, kind, deploymentId: deployment.id, retries, retryDelaySeconds },
    {
      type: "SCHEDULED",
      ...(input.stateName === undefined ? {} : { name: input.stateName }),
      message: input.stateMessage ?? null,
      details: { scheduledTime: input.scheduledTime ?? deployment.now },
    },
    deployment.now,
  );
  const run: NewFlowRun = {
    id,
    name: input.name ?? runName([Math.random(), Math.random()]),
    flowId: deployment.flowId,
    deploymentId: deployment.id,
    workPoolId: deployment.workPoolId,
    workQueueId,
    kind,
    stateId: change.state.id,
    stateType: change.state.type,
    stateName: change.state.name,
    at: change.state.timestamp,
    message: change.state.message,
    details: change.state.details,
    retries,
    retryDelaySeconds,
    nextStartAt: change.nextScheduledStartTime,
    expectedStartAt: change.expectedStartTime,
    idempotencyKey: input.idempotencyKey,
    parameters: parameters.text,
    jobVariables,
    tags: [...new Set([...deployment.tags, ...input.tags])],
    eventId: change.state.id,
    labels: input.labels ?? {},
    context: input.context ?? "{}",
    parentTaskRunId: input.parentTaskRunId ?? null,
  };
  return { run, deployment };
}

async function queueOf(
  tx: Tx,
  input: CreateFlowRunInput,
  deployment: DeploymentForRuns,
): Promise<string | null> {
  if (input.workQueueName === null) return deployment.workQueueId;
  if (deployment.workPoolId === null) {
    throw invalidField(
      "work_queue_name",
      `'${input.workQueueName}' cannot be used: the deployment is in no work pool`,
    );
  }
  return ensureWorkQueue(tx, deployment.workPoolId, input.workQueueName);
}

function warningsFor(deployment: DeploymentForRuns): string[] {
  if (deployment.workPoolName === null) {
    return ["The deployment is in no work pool, so nothing will ever take this run."];
  }
  const pool = `work pool '${deployment.workPoolName}'`;
  if (deployment.workPoolPaused === true) return [`The ${pool} is paused: the run waits.`];
  if (!deployment.hasAgent) {
    return [
      `No agent of ${pool} is online: the run waits. Start one: agent --pool ${deployment.workPoolName}`,
    ];
  }
  return [];
}

function indexDeployments(
  deployments: readonly DeploymentForRuns[],
): ReadonlyMap<string, DeploymentForRuns> {
  return new Map(
    deployments.flatMap((d) => [
      [d.id, d],
      [`${d.flowName}/${d.name}`, d],
    ]),
  );
}

function keyOf(reference: DeploymentReference): string {
  return "id" in reference ? reference.id.toLowerCase() : `${reference.flowName}/${reference.name}`;
}

function orRefusal<T>(body: () => Promise<T>): Promise<T | AppError>;
function orRefusal<T>(body: () => T): T | AppError;
function orRefusal<T>(body: () => T | Promise<T>): T | AppError | Promise<T | AppError> {
  const refuse = (error: unknown): AppError => {
    if (error instanceof AppError) return error;
    throw error;
  };
  try {
    const result = body();
    return result instanceof Promise ? result.catch(refuse) : result;
  } catch (error) {
    return refuse(error);
  }
}
