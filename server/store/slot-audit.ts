import type { Queryable } from "./database.ts";
import type { LeaseKey } from "./leases.ts";
import auditSql from "./sql/slot-audit.sql" with { type: "text" };

/** What one agent said last that it holds. */
export interface AgentHoldings {
  readonly agentId: string;
  readonly held: readonly LeaseKey[];
}

/** Slots counted several ways. All but the first are 0 unless something is wrong. */
export interface SlotAudit {
  /** Leases that have not ended: the slots that are held. */
  readonly openLeases: number;
  /** Of these, leases whose run does not say that it is held under that epoch. */
  readonly leasesWithoutRun: number;
  /** Runs in hand that say they are held and have no open lease. */
  readonly runsWithoutLease: number;
  /** Attempts that an agent says it holds and whose lease is over or another's. */
  readonly heldWithoutLease: number;
  /** Accepted leases that their connected agent does not list. */
  readonly leasesNotHeld: number;
}

/**
 * Recomputes who holds slots from leases, from runs and from what the given agents report.
 * `settleSeconds`: how long a change may take until the agent's word shows it.
 */
export async function auditSlots(
  db: Queryable,
  agents: readonly AgentHoldings[],
  settleSeconds: number,
): Promise<SlotAudit> {
  const listed = agents.flatMap(({ agentId, held }) => held.map((key) => ({ agentId, ...key })));
  const { rows } = await db.query<SlotAudit>({
    name: "slot-audit",
    text: auditSql,
    values: [
      listed.map(({ agentId }) => agentId),
      listed.map(({ flowRunId }) => flowRunId),
      listed.map(({ epoch }) => epoch),
      settleSeconds,
      agents.map(({ agentId }) => agentId),
    ],
  });
  const [audit] = rows;
  if (audit === undefined) throw new Error("the audit of slots came back without a row");
  return audit;
}
