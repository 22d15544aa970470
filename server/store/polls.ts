import type { Queryable } from "./database.ts";
import queuesSql from "./sql/poll-queues.sql" with { type: "text" };

/** A queue that a poll looks into. */
export interface PolledQueue {
  readonly id: string;
  readonly name: string;
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
