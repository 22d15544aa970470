import type { LostPolicy } from "#server/domain/lost-agent.ts";
import type { Queryable } from "./database.ts";
import changeSql from "./sql/lease-change.sql" with { type: "text" };
import heldByAgentSql from "./sql/lease-held-by-agent.sql" with { type: "text" };
import insertSql from "./sql/lease-insert.sql" with { type: "text" };
import lockSql from "./sql/lease-lock.sql" with { type: "text" };
import overdueSql from "./sql/lease-overdue.sql" with { type: "text" };
import stopsSql from "./sql/lease-stops.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** Names one attempt: the run and the fence of its lease. */
export interface LeaseKey {
  readonly flowRunId: string;
  readonly epoch: number;
}

/** Why a holder was told to stop. */
export type Revoking = "cancelled" | "revoked";

/** A lease under its row lock. Times are Millis. */
export interface LockedLease extends LeaseKey {
  readonly attempt: number;
  readonly agentId: string;
  /** The agent's current session; null if its row is gone. */
  readonly agentSession: number | null;
  /** The type of pool the agent serves; null if its row is gone. */
  readonly agentType: string | null;
  readonly workPoolId: string;
  readonly grantedAt: number;
  readonly acceptedAt: number | null;
  readonly startGrantedAt: number | null;
  readonly endedAt: number | null;
  readonly revoking: Revoking | null;
  readonly revokedAt: number | null;
  readonly eligibleAt: number;
}

/** What to stamp on a lease; what is left out stays as it is. */
export interface LeaseChange extends LeaseKey {
  readonly accepted?: boolean;
  readonly startGranted?: boolean;
  /** Ends the lease and frees its slot. */
  readonly endReason?: string;
  readonly revoking?: Revoking;
  readonly reported?: boolean;
  readonly sentAfterUs?: number | null;
  readonly startedAfterUs?: number | null;
  readonly firstOutputAfterUs?: number | null;
  readonly exitedAfterUs?: number | null;
  readonly exitCode?: number | null;
  readonly outputBytes?: number | null;
}

/** A grant to write. Times are Millis. */
export interface NewLease extends LeaseKey {
  readonly agentId: string;
  readonly submittedAt: number;
  readonly eligibleAt: number;
}

/** An unended lease that has outlived its acceptance or its agent. Times are Millis. */
export interface OverdueLease extends LeaseKey {
  readonly agentId: string;
  readonly acceptedAt: number | null;
  readonly grantedAt: number;
  readonly lostPolicy: LostPolicy;
  readonly lostAfterSeconds: number;
  /** When the agent was last heard, or the last thing known of it if its row is gone. */
  readonly lastSeenAt: number;
  readonly graceFrom: number;
  readonly now: number;
}

/** A holder that must be told to stop. */
export interface StopNeeded extends LeaseKey {
  readonly agentId: string;
  /** `fenced`: it is not the agent's any more. */
  readonly reason: Revoking | "fenced";
}

/** A lease that an agent says it holds. */
export interface ListedLease extends LeaseKey {
  readonly agentId: string;
}

/** A key as a text, for maps. */
export function leaseKeyText(key: LeaseKey): string {
  return `${key.flowRunId}:${key.epoch}`;
}

function keyArrays(keys: readonly LeaseKey[]): [string[], number[]] {
  return [keys.map((key) => key.flowRunId), keys.map((key) => key.epoch)];
}

/** Locks leases, by key text. The runs must be locked before: that is the order everywhere. */
export async function lockLeases(
  tx: Tx,
  keys: readonly LeaseKey[],
): Promise<Map<string, LockedLease>> {
  const { rows } = await tx.query<LockedLease>({
    name: "lease-lock",
    text: lockSql,
    values: keyArrays(keys),
  });
  return new Map(rows.map((row) => [leaseKeyText(row), row]));
}

/**
 * Stamps leases. One that has ended is left alone: its record is final. Answers the concurrency
 * limits of deployments of which a slot became free, without those of runs that moved before.
 */
export async function changeLeases(tx: Tx, changes: readonly LeaseChange[]): Promise<string[]> {
  if (changes.length === 0) return [];
  const { rows } = await tx.query<{ limitId: string }>({
    name: "lease-change",
    text: changeSql,
    values: [JSON.stringify(changes)],
  });
  return rows.map((row) => row.limitId);
}

/** Writes grants; answers the number of each attempt, by key text. */
export async function insertLeases(
  tx: Tx,
  leases: readonly NewLease[],
): Promise<Map<string, number>> {
  const { rows } = await tx.query<LeaseKey & { attempt: number }>({
    name: "lease-insert",
    text: insertSql,
    values: [
      ...keyArrays(leases),
      leases.map((lease) => lease.agentId),
      leases.map((lease) => lease.submittedAt),
      leases.map((lease) => lease.eligibleAt),
    ],
  });
  return new Map(rows.map((row) => [leaseKeyText(row), row.attempt]));
}

/** The unended leases of one agent. */
export async function leasesHeldBy(db: Queryable, agentId: string): Promise<LeaseKey[]> {
  const { rows } = await db.query<LeaseKey>({
    name: "lease-held-by-agent",
    text: heldByAgentSql,
    values: [agentId],
  });
  return rows;
}

/** The unended leases that the sweep must judge. */
export async function overdueLeases(
  db: Queryable,
  acceptTimeoutSeconds: number,
  silentAfterSeconds: number,
): Promise<OverdueLease[]> {
  const { rows } = await db.query<OverdueLease>({
    name: "lease-overdue",
    text: overdueSql,
    values: [acceptTimeoutSeconds, silentAfterSeconds],
  });
  return rows;
}

/**
 * The attempts that these agents must stop: those they hold and were ordered to, and those they list
 * although they have ended more than `settledSeconds` ago, or are not theirs.
 */
export async function stopsForAgents(
  db: Queryable,
  agentIds: readonly string[],
  listed: readonly ListedLease[] = [],
  settledSeconds = 0,
): Promise<StopNeeded[]> {
  const { rows } = await db.query<StopNeeded>({
    name: "lease-stops",
    text: stopsSql,
    values: [agentIds, listed.map((lease) => lease.agentId), ...keyArrays(listed), settledSeconds],
  });
  return rows;
}
