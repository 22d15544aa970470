import type { Millis } from "#server/domain/state.ts";
import type { StateType } from "#shared/states.ts";
import type { Queryable } from "./database.ts";
import upcomingSql from "./sql/flow-run-upcoming.sql" with { type: "text" };

/** A run that waits for its time or for a slot. */
export interface UpcomingRun {
  readonly id: string;
  readonly name: string;
  readonly flowName: string;
  /** Without the flow's; null for an ad hoc run, or once the deployment is deleted. */
  readonly deploymentName: string | null;
  readonly workQueueName: string;
  readonly priority: number;
  /** Its queue or the pool is paused. */
  readonly isHeldUp: boolean;
  readonly stateId: string;
  readonly stateType: StateType;
  readonly stateName: string;
  readonly stateAt: Millis;
  readonly stateMessage: string | null;
  readonly dueAt: Millis;
}

/** Which runs, and the last one of the page before. */
export interface UpcomingFilter {
  readonly withinSeconds: number;
  readonly limit: number;
  readonly after: { readonly priority: number; readonly dueAt: Millis; readonly id: string } | null;
}

/**
 * Runs of a pool that are overdue or due within a span, in the order in which they would be taken:
 * by the priority of their queue, then by time.
 */
export async function listUpcomingRuns(
  db: Queryable,
  workPoolId: string,
  { withinSeconds, limit, after }: UpcomingFilter,
): Promise<UpcomingRun[]> {
  const { rows } = await db.query<UpcomingRun>({
    name: "flow-run-upcoming",
    text: upcomingSql,
    values: [
      workPoolId,
      withinSeconds,
      limit,
      after?.priority ?? null,
      after?.dueAt ?? null,
      after?.id ?? null,
    ],
  });
  return rows;
}
