import type { Agent } from "./agent.ts";
import type { LogShipper } from "./log-shipper/shipper.ts";
import type { Reports } from "./reports.ts";
import type { SelfCheck } from "./self-check.ts";
import type { Session } from "./session/session.ts";

/** What an agent does now. */
export interface AgentStatus {
  /** What the session does, in words. */
  readonly connection: string;
  /** Attempts whose process may exist. */
  readonly runs: number;
  /** Attempts of which anything is left. */
  readonly attempts: number;
  readonly freeSlots: number;
  readonly unacknowledgedReports: number;
  /** Outputs that are not stored as a whole. */
  readonly unsentOutputs: number;
  /** Why it takes no work; null if it can. */
  readonly problem: string | null;
}

/** Asks every part what it does. */
export function readStatus(parts: {
  readonly session: Session;
  readonly agent: Agent;
  readonly reports: Reports;
  readonly shipper: LogShipper;
  readonly selfCheck: SelfCheck;
}): AgentStatus {
  const { session, agent, reports, shipper, selfCheck } = parts;
  return {
    connection: session.state,
    runs: agent.running.length,
    attempts: agent.attempts.length,
    freeSlots: agent.freeSlots,
    unacknowledgedReports: reports.count,
    unsentOutputs: shipper.following,
    problem: selfCheck.problem ?? null,
  };
}
