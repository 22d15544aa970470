import { deploymentNotFound, workPoolNotFound } from "#server/domain/not-found.ts";
import { getDeployment } from "#server/store/deployments.ts";
import { getWorkPool } from "#server/store/work-pools.ts";
import type { TransitionContext } from "#server/transitions/context.ts";

/** What a list was asked to keep to; null or left out: it was not. */
export interface FilterTargets {
  readonly workPoolName?: string | null;
  /** Id, or `FLOW/DEPLOYMENT`. */
  readonly deployment?: string | null;
}

/**
 * For a list that came out empty: throws not_found if that is because what it was to keep to does
 * not exist, as when its name is mistyped.
 */
export async function requireFilterTargets(
  { pool: db, numbers }: TransitionContext,
  { workPoolName = null, deployment = null }: FilterTargets,
): Promise<void> {
  if (workPoolName !== null && (await getWorkPool(db, workPoolName, numbers)) === undefined) {
    throw workPoolNotFound(workPoolName);
  }
  if (deployment !== null && (await getDeployment(db, deployment, "deployment")) === undefined) {
    throw deploymentNotFound(deployment);
  }
}
