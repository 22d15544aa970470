import beatSql from "./sql/liveness-beat.sql" with { type: "text" };
import cancellingSql from "./sql/flow-run-cancelling-overdue.sql" with { type: "text" };
import lateSql from "./sql/flow-run-overdue.sql" with { type: "text" };
import tryLockSql from "./sql/sweep-try-lock.sql" with { type: "text" };
import type { Queryable } from "./database.ts";
import type { Tx } from "./transaction.ts";

/** False if another replica sweeps now: then this one need not. Held until the commit. */
export async function trySweepLock(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query<{ locked: boolean }>({
    name: "sweep-try-lock",
    text: tryLockSql,
    values: [],
  });
  return rows[0]?.locked === true;
}

/**
 * Records that a replica can commit. If none could for `outageSeconds`, silence before now is
 * forgiven: agents had nobody to be heard by.
 */
export async function beat(db: Queryable, outageSeconds: number): Promise<void> {
  await db.query({ name: "liveness-beat", text: beatSql, values: [outageSeconds] });
}

/** Ids of runs that are overdue and not yet marked Late. */
export async function overdueFlowRuns(
  db: Queryable,
  lateAfterSeconds: number,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: "flow-run-overdue",
    text: lateSql,
    values: [lateAfterSeconds, limit],
  });
  return rows.map((row) => row.id);
}

/** Ids of runs that no agent holds and of which nobody has said that they stopped. */
export async function overdueCancellations(
  db: Queryable,
  cancelDeadlineSeconds: number,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: "flow-run-cancelling-overdue",
    text: cancellingSql,
    values: [cancelDeadlineSeconds, limit],
  });
  return rows.map((row) => row.id);
}
