import { type LockedFlowRun, lockFlowRuns } from "#server/store/flow-run-changes.ts";
import { leaseKeyText, type LeaseKey, type LockedLease, lockLeases } from "#server/store/leases.ts";
import type { Tx } from "#server/store/transaction.ts";
import { switchedOn } from "#shared/failpoints.ts";

/** Who speaks: an agent, and in which session. */
export interface AgentKey {
  readonly agentId: string;
  readonly session: number;
}

/** When the lease an agent speaks of was sent, if the replica it speaks to has sent it. */
export interface Sent {
  /** Microseconds from the grant until the transport was handed it. */
  readonly sentAfterUs?: number | null;
}

/** A run and the lease somebody speaks about, both locked. */
export interface Attempt {
  readonly run: LockedFlowRun;
  readonly lease: LockedLease;
}

/** Locks runs, then leases: the order everywhere. Attempts that do not exist are left out. */
export async function lockAttempts(
  tx: Tx,
  keys: readonly LeaseKey[],
): Promise<Map<string, Attempt>> {
  const [runs, leases] = await Promise.all([
    lockFlowRuns(
      tx,
      keys.map((key) => key.flowRunId),
    ),
    lockLeases(tx, keys),
  ]);
  const attempts = new Map<string, Attempt>();
  for (const [key, lease] of leases) {
    const run = runs.get(lease.flowRunId);
    if (run !== undefined) attempts.set(key, { run, lease });
  }
  return attempts;
}

/**
 * The fence: the attempt, if the speaker holds it now. Undefined for an attempt that has ended, is
 * of another agent, of an older session or of an older epoch: what is said about it changes nothing.
 */
export function fenced(
  attempts: ReadonlyMap<string, Attempt>,
  item: AgentKey & LeaseKey,
): Attempt | undefined {
  const attempt = attempts.get(leaseKeyText(item));
  if (attempt === undefined || switchedOn("no-fence")) return attempt;
  const { run, lease } = attempt;
  const holds =
    lease.endedAt === null &&
    run.epoch === lease.epoch &&
    lease.agentId === item.agentId &&
    // An agent's row goes with its pool; what the agent then says of its attempts still counts.
    (lease.agentSession === null || lease.agentSession === item.session);
  return holds ? attempt : undefined;
}
