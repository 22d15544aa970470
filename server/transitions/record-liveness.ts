import { recordLastSeen } from "#server/store/agent-sessions.ts";
import type { TransitionContext } from "./context.ts";
import type { AgentKey } from "./held-attempts.ts";

/** These agents were heard from since the last time: one statement for all of them. */
export async function recordLiveness(
  ctx: TransitionContext,
  agents: readonly AgentKey[],
): Promise<void> {
  if (agents.length > 0) await recordLastSeen(ctx.pool, agents);
}
