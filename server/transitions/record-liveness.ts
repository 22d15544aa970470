import { recordLastSeen } from "#server/store/agent-sessions.ts";
import type { TransitionContext } from "./context.ts";
import type { AgentKey } from "./held-attempts.ts";

/**
 * These agents were heard from since the last time: one statement for all of them. Answers the ids
 * of those whose session still counts.
 */
export async function recordLiveness(
  ctx: TransitionContext,
  agents: readonly AgentKey[],
): Promise<ReadonlySet<string>> {
  return agents.length === 0 ? new Set() : recordLastSeen(ctx.pool, agents);
}
