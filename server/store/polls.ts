import type { Queryable } from "./database.ts";
import queuesSql from "./sql/poll-queues.sql" with { type: "text" };
import runsSql from "./sql/poll-runs.sql" with { type: "text" };

/** A queue that a poll looks into. */
export interface PolledQueue {
  readonly id: string;
  readonly name: string;
}

/** What a poll asks for. Times are texts that PostgreSQL reads; both bounds are included. */
export interface Poll {
  readonly workPoolId: string;
  readonly workQueueIds: readonly string[];
  /** Null: no bound. */
  readonly scheduledBefore: string | null;
  /** Null: no bound. */
  readonly scheduledAfter: string | null;
  readonly limit: number;
}

/** The pool's queues of these names, by priority; all if `names` is null. */
export async function findPolledQueues(
  db: Queryable,
  workPoolId: string,
  names: readonly string[] | null,
): Promise<PolledQueue[]> {
  const { rows } = await db.query<PolledQueue>({
    name: "poll-queues",
    text: queuesSql,
    values: [workPoolId, names],
  });
  return rows;
}

/** Ids of the runs that a worker may propose PENDING for, in waterfall order. */
export async function findPolledRuns(db: Queryable, poll: Poll): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: "poll-runs",
    text: runsSql,
    values: [
      poll.workPoolId,
      poll.workQueueIds,
      poll.scheduledBefore,
      poll.scheduledAfter,
      poll.limit,
    ],
  });
  return rows.map((row) => row.id);
}
