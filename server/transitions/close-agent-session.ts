import { closeSession } from "#server/store/agent-sessions.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import type { AgentKey } from "./held-attempts.ts";

/**
 * An agent has said goodbye, or its stream has ended: it counts as OFFLINE until it says hello
 * again. Its leases stay: whether their processes live is for the loss policy to judge.
 */
export async function closeAgentSession(ctx: TransitionContext, agent: AgentKey): Promise<void> {
  await inTransaction(ctx.pool, (tx) => closeSession(tx, agent.agentId, agent.session));
}
