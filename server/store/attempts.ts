import type { Millis } from "#server/domain/state.ts";
import type { Queryable } from "./database.ts";
import attemptListSql from "./sql/attempt-list.sql" with { type: "text" };

/** What is known of one attempt. Spans are microseconds since `startGrantedAt`, by the agent. */
export interface AttemptView {
  readonly epoch: number;
  /** 1 for the first. */
  readonly attempt: number;
  readonly agentId: string;
  readonly agentName: string;
  readonly submittedAt: Millis;
  readonly eligibleAt: Millis;
  readonly grantedAt: Millis;
  /** Microseconds since `grantedAt`, by the replica that sent it; null if it cannot tell. */
  readonly sentAfterUs: number | null;
  readonly acceptedAt: Millis | null;
  readonly startGrantedAt: Millis | null;
  readonly endedAt: Millis | null;
  readonly endReason: string | null;
  readonly revoking: "cancelled" | "revoked" | null;
  readonly revokedAt: Millis | null;
  readonly startedAfterUs: number | null;
  readonly firstOutputAfterUs: number | null;
  readonly exitedAfterUs: number | null;
  readonly reportedAt: Millis | null;
  readonly exitCode: number | null;
  /** Bytes of output in all, known once it has ended. */
  readonly outputBytes: number | null;
}

/** The attempts of a run, the oldest first. */
export async function listAttempts(db: Queryable, flowRunId: string): Promise<AttemptView[]> {
  const { rows } = await db.query<AttemptView>({
    name: "attempt-list",
    text: attemptListSql,
    values: [flowRunId],
  });
  return rows;
}
