import type { JsonObject } from "#shared/json.ts";
import type { Queryable } from "./database.ts";
import type { DeploymentReference } from "./deployments.ts";
import byKeySql from "./sql/flow-run-by-idempotency-key.sql" with { type: "text" };
import deploymentsSql from "./sql/deployment-for-runs.sql" with { type: "text" };
import insertSql from "./sql/flow-run-insert.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** A deployment as the creation of its runs needs it. */
export interface DeploymentForRuns {
  readonly id: string;
  readonly flowId: string;
  readonly flowName: string;
  readonly name: string;
  readonly entrypoint: string | null;
  /** JSON text, as it was given. */
  readonly parameters: string;
  readonly parameterSchema: JsonObject;
  readonly enforceParameterSchema: boolean;
  readonly jobVariables: JsonObject;
  readonly tags: readonly string[];
  readonly retries: number;
  readonly retryDelaySeconds: number;
  readonly workPoolId: string | null;
  readonly workQueueId: string | null;
  readonly workPoolName: string | null;
  readonly baseJobTemplate: JsonObject | null;
  readonly workPoolPaused: boolean | null;
  /** Whether an agent of the pool is online. */
  readonly hasAgent: boolean;
  readonly now: number;
}

/** A run to insert, in its first state. Times are Millis, `parameters` is JSON text. */
export interface NewFlowRun {
  readonly id: string;
  readonly name: string;
  readonly flowId: string;
  readonly deploymentId: string | null;
  readonly workPoolId: string | null;
  readonly workQueueId: string | null;
  readonly kind: "command" | "engine";
  readonly stateId: string;
  readonly stateType: string;
  readonly stateName: string;
  readonly at: number;
  readonly message: string | null;
  readonly details: object | null;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  readonly nextStartAt: number | null;
  readonly expectedStartAt: number | null;
  readonly idempotencyKey: string | null;
  readonly parameters: string;
  readonly jobVariables: JsonObject;
  readonly tags: readonly string[];
  readonly eventId: string;
  readonly startAt?: number | null;
  readonly endAt?: number | null;
  readonly runCount?: number;
  readonly data?: unknown;
  readonly flowVersion?: string | null;
  readonly labels?: JsonObject;
  /** JSON text. */
  readonly context?: string;
  readonly parentTaskRunId?: string | null;
}

/** The deployments of these names, in one statement. */
export async function deploymentsForRuns(
  db: Queryable,
  references: readonly DeploymentReference[],
  missedHeartbeats: number,
): Promise<DeploymentForRuns[]> {
  const ids = references.flatMap((reference) => ("id" in reference ? [reference.id] : []));
  const named = references.flatMap((reference) => ("id" in reference ? [] : [reference]));
  const { rows } = await db.query<DeploymentForRuns>({
    name: "deployment-for-runs",
    text: deploymentsSql,
    values: [
      ids,
      named.map((reference) => reference.flowName),
      named.map((reference) => reference.name),
      missedHeartbeats,
    ],
  });
  return rows;
}

/** Inserts runs; answers the ids of those that are new. */
export async function insertFlowRuns(
  tx: Tx,
  runs: readonly NewFlowRun[],
): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ id: string }>({
    name: "flow-run-insert",
    text: insertSql,
    values: [JSON.stringify(runs)],
  });
  return new Set(rows.map((row) => row.id));
}

/** The runs that already have these keys, by `flowId key`. */
export async function flowRunsByKey(
  tx: Tx,
  keys: readonly { readonly flowId: string; readonly idempotencyKey: string }[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await tx.query<{ id: string; flowId: string; idempotencyKey: string }>({
    name: "flow-run-by-idempotency-key",
    text: byKeySql,
    values: [keys.map((key) => key.flowId), keys.map((key) => key.idempotencyKey)],
  });
  return new Map(rows.map((row) => [`${row.flowId} ${row.idempotencyKey}`, row.id]));
}
