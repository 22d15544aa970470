import type { WorkPoolStatus } from "#server/domain/work-pool-status.ts";
import type { Queryable } from "./database.ts";
import closeSql from "./sql/agent-close-session.sql" with { type: "text" };
import forgetSql from "./sql/agent-forget-namesakes.sql" with { type: "text" };
import livenessSql from "./sql/agent-record-liveness.sql" with { type: "text" };
import openSql from "./sql/agent-open-session.sql" with { type: "text" };
import poolSql from "./sql/work-pool-for-agent.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** The pool an agent wants to serve. */
export interface PoolForAgent {
  readonly id: string;
  readonly type: string;
  readonly isPaused: boolean;
  readonly status: WorkPoolStatus;
  readonly now: number;
}

/** An agent as its hello tells it. */
export interface AgentRegistration {
  readonly agentId: string;
  readonly session: number;
  readonly workPoolId: string;
  readonly name: string;
  readonly type: string;
  /** Null: no limit. */
  readonly limit: number | null;
  /** Null: all queues. */
  readonly workQueueIds: readonly string[] | null;
  readonly prefetchSeconds: number;
  readonly heartbeatSeconds: number;
  readonly version: string;
  readonly hostname: string;
}

/** The pool of that name, kept from being deleted until the transaction ends. */
export async function lockPoolForAgent(tx: Tx, name: string): Promise<PoolForAgent | undefined> {
  const { rows } = await tx.query<PoolForAgent>({
    name: "work-pool-for-agent",
    text: poolSql,
    values: [name],
  });
  return rows[0];
}

/** False if the agent has said hello in this session or a later one: the caller is out of date. */
export async function openSession(tx: Tx, agent: AgentRegistration): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "agent-open-session",
    text: openSql,
    values: [
      agent.agentId,
      agent.workPoolId,
      agent.name,
      agent.type,
      agent.session,
      agent.limit,
      agent.workQueueIds,
      agent.prefetchSeconds,
      agent.heartbeatSeconds,
      agent.version,
      agent.hostname,
    ],
  });
  return rowCount === 1;
}

/** Removes offline agents of the same name that hold nothing: this one has taken their place. */
export async function forgetNamesakes(
  tx: Tx,
  agent: { agentId: string; workPoolId: string; name: string },
): Promise<void> {
  await tx.query({
    name: "agent-forget-namesakes",
    text: forgetSql,
    values: [agent.agentId, agent.workPoolId, agent.name],
  });
}

/** Marks an agent as gone, unless it has said hello again. */
export async function closeSession(tx: Tx, agentId: string, session: number): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "agent-close-session",
    text: closeSql,
    values: [agentId, session],
  });
  return rowCount === 1;
}

/** Stamps all agents that were heard from, in one statement; answers whom it found. */
export async function recordLastSeen(
  db: Queryable,
  agents: readonly { agentId: string; session: number }[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ agentId: string }>({
    name: "agent-record-liveness",
    text: livenessSql,
    values: [agents.map((agent) => agent.agentId), agents.map((agent) => agent.session)],
  });
  return new Set(rows.map(({ agentId }) => agentId));
}
