import type { CollisionStrategy } from "#server/domain/concurrency-limit.ts";
import { newId } from "#shared/ids.ts";
import clearSql from "./sql/deployment-limit-clear.sql" with { type: "text" };
import setSql from "./sql/deployment-limit-set.sql" with { type: "text" };
import shareSql from "./sql/deployment-limit-share.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** How many runs of a deployment go on at once. */
export interface DeploymentLimit {
  /** A number for itself, or the id of a limit to share; null: no limit. */
  readonly limit: number | { readonly id: string } | null;
  readonly strategy: CollisionStrategy;
  /** Null: the default. */
  readonly gracePeriodSeconds: number | null;
}

/** Gives a deployment its limit in place of any before; false if the one to share is not there. */
export async function setDeploymentLimit(
  tx: Tx,
  deploymentId: string,
  { limit, strategy, gracePeriodSeconds }: DeploymentLimit,
): Promise<boolean> {
  const options = [strategy, gracePeriodSeconds];
  if (limit === null) {
    await tx.query({
      name: "deployment-limit-clear",
      text: clearSql,
      values: [deploymentId, ...options],
    });
    return true;
  }
  const { rowCount } = await tx.query(
    typeof limit === "number"
      ? {
          name: "deployment-limit-set",
          text: setSql,
          values: [deploymentId, newId(), limit, ...options],
        }
      : {
          name: "deployment-limit-share",
          text: shareSql,
          values: [deploymentId, limit.id, ...options],
        },
  );
  return rowCount === 1;
}
