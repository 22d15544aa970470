import type { Millis } from "#server/domain/state.ts";
import type { Queryable } from "./database.ts";
import agentDeleteSql from "./sql/agent-delete.sql" with { type: "text" };
import agentListSql from "./sql/agent-list.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";
import type { LivenessNumbers } from "./work-pools.ts";

/** An agent, or a Prefect worker, as it is shown. Slots are derived when it is read. */
export interface AgentView {
  readonly id: string;
  readonly name: string;
  readonly workPoolName: string;
  readonly type: string;
  readonly status: "ONLINE" | "OFFLINE";
  /** Null: no limit. */
  readonly limit: number | null;
  readonly slotsHeld: number;
  /** Empty: all queues of the pool. */
  readonly workQueueNames: readonly string[];
  /** `Prefect` for a worker, which says no more of itself. */
  readonly version: string;
  readonly hostname: string;
  readonly lastSeenAt: Millis;
  readonly createdAt: Millis;
}

/** Which agents, and the last one of the page before. */
export interface AgentFilter {
  /** Null: of all pools. */
  readonly workPoolName: string | null;
  readonly limit: number;
  readonly after: { readonly lastSeenAt: Millis; readonly id: string } | null;
}

/** A page of agents, those seen last first. */
export async function listAgents(
  db: Queryable,
  filter: AgentFilter,
  numbers: LivenessNumbers,
): Promise<AgentView[]> {
  const { rows } = await db.query<AgentView>({
    name: "agent-list",
    text: agentListSql,
    values: [
      filter.workPoolName,
      filter.after?.lastSeenAt ?? null,
      filter.after?.id ?? null,
      filter.limit,
      numbers.missedHeartbeats,
    ],
  });
  return rows;
}

/** What became of an agent that was to be forgotten. */
export interface DeletedAgent {
  readonly online: boolean;
  /** Attempts it holds. */
  readonly held: number;
  readonly gone: boolean;
}

/** Forgets agents of that name that are offline and hold nothing. Run under the pool's lock. */
export async function deleteAgents(
  tx: Tx,
  workPoolId: string,
  name: string,
  numbers: LivenessNumbers,
): Promise<DeletedAgent[]> {
  const { rows } = await tx.query<DeletedAgent>({
    name: "agent-delete",
    text: agentDeleteSql,
    values: [workPoolId, name, numbers.missedHeartbeats],
  });
  return rows;
}
