import type { Queryable } from "./database.ts";
import scheduledRunsSql from "./sql/scheduled-runs.sql" with { type: "text" };

/** Which runs of a pool somebody would like to know of. */
export interface ScheduledRunsSearch {
  readonly workPoolId: string;
  /** Null: all queues of the pool. */
  readonly workQueueIds: readonly string[] | null;
  /** RFC 3339, so that no microsecond is lost; due then is included. Null: no bound. */
  readonly dueBefore: string | null;
  /** The same. */
  readonly dueAfter: string | null;
  readonly limit: number;
  readonly offset?: number;
  /** True: also what pauses and limits hold back now. */
  readonly heldBackToo?: boolean;
}

/** A run that waits, and where. */
export interface ScheduledRun {
  readonly flowRunId: string;
  readonly workQueueId: string;
}

/**
 * The runs that may be handed out within the window, by priority and then by time: as many as the
 * limits of queues and pool leave room for, none of what is paused. Only a reading: the same runs
 * come again until somebody has started them.
 */
export async function findScheduledRuns(
  db: Queryable,
  search: ScheduledRunsSearch,
): Promise<ScheduledRun[]> {
  const { rows } = await db.query<ScheduledRun>({
    name: "scheduled-runs",
    text: scheduledRunsSql,
    values: [
      search.workPoolId,
      search.workQueueIds,
      search.dueBefore,
      search.dueAfter,
      search.limit,
      search.offset ?? 0,
      search.heldBackToo ?? false,
    ],
  });
  return rows;
}
