import {
  concurrencyLimitNotFound,
  requireDeploymentLimit,
  requireGracePeriod,
} from "#server/domain/concurrency-limit.ts";
import { parseParameters } from "#server/domain/parameters.ts";
import { type NewDeployment, upsertDeployment } from "#server/store/deployment-changes.ts";
import { type DeploymentLimit, setDeploymentLimit } from "#server/store/deployment-limits.ts";
import { insertEvents } from "#server/store/events.ts";
import { ensureFlow } from "#server/store/flows.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import { findPoolForDeployment } from "#server/store/work-pool-changes.ts";
import { ensureWorkQueue } from "#server/store/work-queues.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import { type JsonObject, parseJsonArray, parseJsonObject } from "#shared/json.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableJson, requireStorableText } from "#shared/storable-text.ts";
import { readBlockDefaults, withBlocks } from "./block-values.ts";
import type { TransitionContext } from "./context.ts";
import { requireSchema, schemaViolation } from "./json-schema.ts";
import { requireDeploymentVariables } from "./pool-job-variables.ts";

const MAX_JSON_CHARACTERS = 1_048_576;
const MAX_RETRIES = 2_147_483_647;
/** A hundred years: what is due later than the year 9999 cannot be told, or not be stored. */
const MAX_RETRY_DELAY_SECONDS = 3_155_760_000;

/** A deployment to create or replace. An empty text is none; JSON is text, empty for `{}`. */
export interface ApplyDeploymentInput {
  readonly flowName: string;
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly entrypoint: string;
  readonly parameters: string;
  readonly parameterSchema: string;
  readonly enforceParameterSchema: boolean;
  readonly jobVariables: string;
  /** A JSON array; empty: no steps. */
  readonly pullSteps: string;
  readonly tags: readonly string[];
  /** Empty: in no pool. */
  readonly workPoolName: string;
  /** Empty: the pool's default queue. */
  readonly workQueueName: string;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  /** Left out: as it was. */
  readonly concurrency?: DeploymentLimit;
}

type Content = Omit<NewDeployment, "id" | "flowId" | "workQueueId">;

/**
 * Creates the deployment, or replaces the one of the same flow and name. Flow and queue are created
 * if they do not exist. Throws not_found for a pool that does not, or a block in its
 * job variables; invalid_argument for a bad field.
 */
export async function applyDeployment(
  ctx: TransitionContext,
  input: ApplyDeploymentInput,
): Promise<{ id: string; created: boolean }> {
  const content = readContent(input);
  const answer = await inTransaction(ctx.pool, async (tx) => {
    const place = await resolveQueue(ctx, tx, input, content.jobVariables);
    const { workQueueId } = place;
    const flowId = await ensureFlow(tx, input.flowName);
    const stored = await upsertDeployment(tx, { id: newId(), flowId, workQueueId, ...content });
    await insertEvents(tx, [
      {
        event: `prefect.deployment.${stored.created ? "created" : "updated"}`,
        resourceKind: "deployment",
        resourceId: stored.id,
        payload: { name: input.name, flow_id: flowId, flow_name: input.flowName },
      },
    ]);
    if (input.concurrency !== undefined) {
      await limitRuns(tx, stored.id, input.concurrency);
      await notifyOnCommit(tx, ctx.wakeUps, "pool", place.workPoolIds);
    }
    return { ...stored, workPoolIds: place.workPoolIds };
  });
  // Runs that wait may start under another limit.
  if (input.concurrency !== undefined) {
    for (const id of answer.workPoolIds) ctx.wakeUps.emit("pool", id);
  }
  return { id: answer.id, created: answer.created };
}

async function limitRuns(tx: Tx, deploymentId: string, wanted: DeploymentLimit): Promise<void> {
  const { limit, gracePeriodSeconds } = wanted;
  if (typeof limit === "number") requireDeploymentLimit("concurrency_limit", limit);
  requireGracePeriod("grace_period_seconds", gracePeriodSeconds);
  if (await setDeploymentLimit(tx, deploymentId, wanted)) return;
  throw concurrencyLimitNotFound(typeof limit === "object" ? (limit?.id ?? "") : deploymentId);
}

function readContent(input: ApplyDeploymentInput): Content {
  readNames(input);
  const { retries, retryDelaySeconds, enforceParameterSchema } = input;
  if (!(Number.isInteger(retries) && retries >= 0 && retries <= MAX_RETRIES)) {
    throw invalidField("retries", `${retries} is out of range; give a whole number from 0`);
  }
  if (!(retryDelaySeconds >= 0 && retryDelaySeconds <= MAX_RETRY_DELAY_SECONDS)) {
    throw invalidField(
      "retry_delay_seconds",
      `${retryDelaySeconds} is out of range; give seconds from 0 to ${MAX_RETRY_DELAY_SECONDS}`,
    );
  }
  const parameters = parseParameters("parameters_json", input.parameters);
  requireStorableJson("parameters_json", parameters.value);
  const parameterSchema = readObject("parameter_schema_json", input.parameterSchema);
  if (enforceParameterSchema) {
    requireSchema("parameter_schema_json", parameterSchema);
    requireFit("parameters_json", parameterSchema, parameters.value);
  }
  return {
    name: input.name,
    description: input.description || null,
    version: input.version || null,
    entrypoint: input.entrypoint || null,
    parameters: parameters.text,
    parameterSchema,
    enforceParameterSchema,
    jobVariables: readObject("job_variables_json", input.jobVariables),
    pullSteps: readPullSteps(input.pullSteps),
    tags: [...new Set(input.tags)],
    retries,
    retryDelaySeconds,
  };
}

function readNames(input: ApplyDeploymentInput): void {
  requireName("flow_name", input.flowName);
  requireName("name", input.name);
  requireStorableText("flow_name", input.flowName);
  requireStorableText("name", input.name);
  requireStorableText("description", input.description);
  requireStorableText("version", input.version);
  requireStorableText("entrypoint", input.entrypoint);
  requireStorableText("work_pool_name", input.workPoolName);
  for (const tag of input.tags) requireStorableText("tags", tag);
}

function readPullSteps(text: string): Content["pullSteps"] {
  if (text.trim() === "") return null;
  requireLength("pull_steps_json", text);
  const steps = parseJsonArray("pull_steps_json", text);
  requireStorableJson("pull_steps_json", steps);
  return steps;
}

function readObject(field: string, text: string): JsonObject {
  requireLength(field, text);
  const value = parseJsonObject(field, text);
  requireStorableJson(field, value);
  return value;
}

function requireLength(field: string, text: string): void {
  if (text.length <= MAX_JSON_CHARACTERS) return;
  throw invalidField(
    field,
    `it has ${text.length} characters; at most ${MAX_JSON_CHARACTERS} are allowed`,
  );
}

/** Refuses a value that does not fit; what the schema requires may come with the run. */
function requireFit(field: string, schema: JsonObject, value: JsonObject): void {
  const violation = schemaViolation(field, schema, value, { required: false });
  if (violation !== undefined) throw invalidField(violation.field, violation.description);
}

async function resolveQueue(
  ctx: TransitionContext,
  tx: Tx,
  { workPoolName, workQueueName }: ApplyDeploymentInput,
  jobVariables: JsonObject,
): Promise<{ workQueueId: string | null; workPoolIds: readonly string[] }> {
  if (workPoolName === "") {
    if (workQueueName === "") return { workQueueId: null, workPoolIds: [] };
    throw invalidField(
      "work_queue_name",
      `'${workQueueName}' is in no pool; give work_pool_name too`,
    );
  }
  const pool = await findPoolForDeployment(tx, workPoolName);
  if (pool === undefined) {
    throw new AppError(
      "not_found",
      `work_pool_name: there is no work pool '${workPoolName}'; 'sluice work-pool ls' lists them, ` +
        "'sluice work-pool create' makes one",
      { metadata: { work_pool: workPoolName } },
    );
  }
  requireDeploymentVariables(
    pool.baseJobTemplate,
    await withBlocks(ctx, tx, jobVariables),
    await readBlockDefaults(ctx, tx, pool.baseJobTemplate),
  );
  return {
    workQueueId:
      workQueueName === ""
        ? pool.defaultQueueId
        : await ensureWorkQueue(tx, pool.id, workQueueName),
    workPoolIds: [pool.id],
  };
}
