import { deploymentNotFound } from "#server/domain/not-found.ts";
import { removeDeployment, removeRunsThatNeverRan } from "#server/store/deployment-changes.ts";
import { getDeployment } from "#server/store/deployments.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Deletes the deployment of that id or `FLOW/DEPLOYMENT`, and those of its runs that wait and never
 * ran; all others stay. Throws not_found if there is none.
 */
export async function deleteDeployment(ctx: TransitionContext, idOrName: string): Promise<void> {
  requireStorableText("id_or_name", idOrName);
  const flowRunIds = await inTransaction(ctx.pool, async (tx) => {
    const deployment = await getDeployment(tx, idOrName);
    // Runs first: that is the order of whoever holds one and reads its deployment.
    const removed = deployment === undefined ? [] : await removeRunsThatNeverRan(tx, deployment.id);
    if (deployment === undefined || !(await removeDeployment(tx, deployment.id))) {
      throw deploymentNotFound(idOrName);
    }
    const { id, name, flowId, flowName } = deployment;
    await insertEvents(tx, [
      {
        event: "prefect.deployment.deleted",
        resourceKind: "deployment",
        resourceId: id,
        payload: { name, flow_id: flowId, flow_name: flowName },
      },
    ]);
    return removed;
  });
  for (const id of flowRunIds) ctx.wakeUps.emit("flowRun", id);
}
