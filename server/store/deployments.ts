import type { CollisionStrategy } from "#server/domain/concurrency-limit.ts";
import type { Millis } from "#server/domain/state.ts";
import { invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import type { Queryable } from "./database.ts";
import byIdsSql from "./sql/deployment-by-ids.sql" with { type: "text" };
import deploymentReadSql from "./sql/deployment-read.sql" with { type: "text" };

/** How a caller names a deployment. */
export type DeploymentReference =
  | { readonly id: string }
  | { readonly flowName: string; readonly name: string };

/** Reads an id, or `FLOW/DEPLOYMENT`. Throws an invalid_argument that names the field. */
export function parseDeploymentReference(field: string, text: string): DeploymentReference {
  if (isUuid(text)) return { id: text };
  const [flowName, name, ...rest] = text.split("/");
  if (!flowName || !name || rest.length > 0) {
    throw invalidField(field, `'${text}' is neither an id nor of the form FLOW/DEPLOYMENT`);
  }
  return { flowName, name };
}

/** A deployment as it is shown. JSON as text, the parameters as they were given. */
export interface DeploymentView {
  readonly id: string;
  readonly name: string;
  readonly flowId: string;
  readonly flowName: string;
  readonly description: string | null;
  readonly version: string | null;
  readonly entrypoint: string | null;
  readonly parameters: string;
  readonly parameterSchema: string;
  readonly enforceParameterSchema: boolean;
  readonly jobVariables: string;
  readonly pullSteps: string | null;
  readonly tags: readonly string[];
  /** Null: it is in no pool, and its runs are never taken. */
  readonly workPoolId: string | null;
  readonly workPoolName: string | null;
  readonly workQueueId: string | null;
  readonly workQueueName: string | null;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  /** Null: any number of its runs at once. */
  readonly concurrencyLimitId: string | null;
  readonly concurrencyLimitName: string | null;
  readonly concurrencyLimit: number | null;
  /** Slots of that limit that are taken. */
  readonly slotsHeld: number;
  readonly collisionStrategy: CollisionStrategy;
  readonly gracePeriodSeconds: number | null;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** A deployment with what polls tell of it. */
export interface PolledDeploymentView extends DeploymentView {
  /** When its queue was last polled; null: never. */
  readonly lastPolledAt: Millis | null;
  /** Within the last minute. */
  readonly isPolled: boolean;
}

/** The deployments of these ids, in their order; those that do not exist are left out. */
export async function readPolledDeployments(
  db: Queryable,
  ids: readonly string[],
): Promise<PolledDeploymentView[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<PolledDeploymentView>({
    name: "deployment-by-ids",
    text: byIdsSql,
    values: [ids],
  });
  return rows;
}

/** Which deployments, and the last one of the page before. */
export interface DeploymentFilter {
  /** Null: of all flows. */
  readonly flowName: string | null;
  /** Null: of all pools and of none. */
  readonly workPoolName: string | null;
  readonly limit: number;
  readonly after: { readonly flowName: string; readonly name: string } | null;
}

/**
 * The deployment of that id or `FLOW/DEPLOYMENT`; undefined if there is none. Throws an
 * invalid_argument naming `field` if the text is neither.
 */
export async function getDeployment(
  db: Queryable,
  idOrName: string,
  field = "id_or_name",
): Promise<DeploymentView | undefined> {
  const reference = parseDeploymentReference(field, idOrName);
  const [deployment] = await readDeployments(
    db,
    "id" in reference
      ? [reference.id, null, null, null, null, null, 1]
      : [null, reference.flowName, reference.name, null, null, null, 1],
  );
  return deployment;
}

/** A page of deployments by flow name and name. */
export function listDeployments(
  db: Queryable,
  { flowName, workPoolName, after, limit }: DeploymentFilter,
): Promise<DeploymentView[]> {
  const values = [null, flowName, null, workPoolName, after?.flowName ?? null, after?.name ?? null];
  return readDeployments(db, [...values, limit]);
}

async function readDeployments(db: Queryable, values: unknown[]): Promise<DeploymentView[]> {
  const { rows } = await db.query<DeploymentView>({
    name: "deployment-read",
    text: deploymentReadSql,
    values,
  });
  return rows;
}
