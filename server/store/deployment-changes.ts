import type { JsonObject, JsonValue } from "#shared/json.ts";
import deleteSql from "./sql/deployment-delete.sql" with { type: "text" };
import upsertSql from "./sql/deployment-upsert.sql" with { type: "text" };
import deleteRunsSql from "./sql/flow-run-delete-never-ran.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** A deployment to store. */
export interface NewDeployment {
  /** Used if there is none of that flow and name. */
  readonly id: string;
  readonly flowId: string;
  readonly name: string;
  readonly description: string | null;
  readonly version: string | null;
  readonly entrypoint: string | null;
  /** JSON text, kept as it is. */
  readonly parameters: string;
  readonly parameterSchema: JsonObject;
  readonly enforceParameterSchema: boolean;
  readonly jobVariables: JsonObject;
  readonly pullSteps: readonly JsonValue[] | null;
  readonly tags: readonly string[];
  readonly workQueueId: string | null;
  readonly retries: number;
  readonly retryDelaySeconds: number;
}

/** Stores a deployment over the one of the same flow and name, or as a new one. */
export async function upsertDeployment(
  tx: Tx,
  deployment: NewDeployment,
): Promise<{ readonly id: string; readonly created: boolean }> {
  const { rows } = await tx.query<{ id: string; created: boolean }>({
    name: "deployment-upsert",
    text: upsertSql,
    values: [
      deployment.id,
      deployment.flowId,
      deployment.name,
      deployment.description,
      deployment.version,
      deployment.entrypoint,
      deployment.parameters,
      JSON.stringify(deployment.parameterSchema),
      deployment.enforceParameterSchema,
      JSON.stringify(deployment.jobVariables),
      deployment.pullSteps === null ? null : JSON.stringify(deployment.pullSteps),
      deployment.tags,
      deployment.workQueueId,
      deployment.retries,
      deployment.retryDelaySeconds,
    ],
  });
  const [stored] = rows;
  if (stored === undefined) throw new Error("a deployment was neither inserted nor replaced");
  return stored;
}

/** False if the deployment is gone. */
export async function removeDeployment(tx: Tx, id: string): Promise<boolean> {
  const { rowCount } = await tx.query({ name: "deployment-delete", text: deleteSql, values: [id] });
  return rowCount === 1;
}

/** Deletes a deployment's runs that wait and never ran; answers their ids. */
export async function removeRunsThatNeverRan(tx: Tx, deploymentId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>({
    name: "flow-run-delete-never-ran",
    text: deleteRunsSql,
    values: [deploymentId],
  });
  return rows.map(({ id }) => id);
}
