import { agentNotFound, workPoolNotFound } from "#server/domain/not-found.ts";
import { deleteAgents } from "#server/store/agents.ts";
import { poolLockStatement } from "#server/store/claims.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { findPoolOfWorkers, removeWorker } from "#server/store/workers.ts";
import { AppError } from "#shared/errors.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Forgets an agent that is offline and holds nothing, or a Prefect worker; one that lives comes back
 * with its next hello or beat. Throws not_found, and agent_in_use while the agent is online or holds
 * attempts, since these would have nobody to answer for them.
 */
export async function deleteAgent(
  ctx: TransitionContext,
  workPoolName: string,
  name: string,
): Promise<void> {
  const pool = await findPoolOfWorkers(ctx.pool, workPoolName);
  if (pool === undefined) throw workPoolNotFound(workPoolName);
  await inTransaction(
    ctx.pool,
    async (tx) => {
      const found = await deleteAgents(tx, pool.id, name, ctx.numbers);
      if (await removeWorker(tx, pool.id, name)) return;
      if (found.length === 0) throw agentNotFound(workPoolName, name);
      if (found.some(({ gone }) => gone)) return;
      const held = found.reduce((sum, agent) => sum + agent.held, 0);
      const why =
        held > 0 ? `it holds ${held} ${held === 1 ? "attempt" : "attempts"}` : "it is online";
      throw new AppError(
        "agent_in_use",
        `The agent '${name}' of work pool '${workPoolName}' cannot be forgotten: ${why}; stop it, and ` +
          "wait until what it runs has ended.",
        { metadata: { work_pool: workPoolName, agent: name } },
      );
    },
    poolLockStatement(pool.id),
  );
}
