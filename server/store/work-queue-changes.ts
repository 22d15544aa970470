import type { WorkQueueFields } from "#server/domain/work-queue.ts";
import type { Polls, WorkQueueStatus } from "#server/domain/work-queue-status.ts";
import leaveSql from "./sql/flow-run-leave-queue.sql" with { type: "text" };
import handOverLeasesSql from "./sql/lease-hand-over.sql" with { type: "text" };
import deleteSql from "./sql/work-queue-delete.sql" with { type: "text" };
import handOverRunsSql from "./sql/work-queue-hand-over-runs.sql" with { type: "text" };
import lockSql from "./sql/work-queue-lock.sql" with { type: "text" };
import setPrioritiesSql from "./sql/work-queue-set-priorities.sql" with { type: "text" };
import updateSql from "./sql/work-queue-update.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** A queue whose lock is held until the transaction ends. */
export interface LockedQueue extends WorkQueueFields, Polls {
  readonly id: string;
  readonly isPaused: boolean;
  readonly status: WorkQueueStatus;
}

/** Locks a queue; undefined if it is gone. */
export async function lockWorkQueue(tx: Tx, id: string): Promise<LockedQueue | undefined> {
  const { rows } = await tx.query<LockedQueue>({
    name: "work-queue-lock",
    text: lockSql,
    values: [id],
  });
  return rows[0];
}

/** Writes a locked queue. False if its pool has another one of that name. */
export async function updateWorkQueueRow(
  tx: Tx,
  queue: Omit<LockedQueue, "now">,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "work-queue-update",
    text: updateSql,
    values: [
      queue.id,
      queue.name,
      queue.description,
      queue.priority,
      queue.concurrencyLimit,
      queue.isPaused,
      queue.status,
      queue.lastPolledAt,
    ],
  });
  return rowCount === 1;
}

/** A queue's old place and its new one. */
export interface PriorityMove {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** Gives queues new places. The pool's queues are locked, so that each has its old one still. */
export async function movePriorities(tx: Tx, moves: readonly PriorityMove[]): Promise<void> {
  if (moves.length === 0) return;
  const { rowCount } = await tx.query({
    name: "work-queue-set-priorities",
    text: setPrioritiesSql,
    values: [moves.map(({ id }) => id), moves.map(({ from }) => from), moves.map(({ to }) => to)],
  });
  if (rowCount !== moves.length) throw new Error("a priority changed although its pool was locked");
}

/**
 * Deletes a queue. What holds a slot of it goes on in the queue `heirId`; deployments and other runs
 * stay, in no queue. The pool is locked, and its claim lock is held.
 */
export async function deleteWorkQueueRow(tx: Tx, id: string, heirId: string): Promise<void> {
  await tx.query({
    name: "work-queue-hand-over-runs",
    text: handOverRunsSql,
    values: [id, heirId],
  });
  await tx.query({ name: "lease-hand-over", text: handOverLeasesSql, values: [id, heirId] });
  await tx.query({ name: "work-queue-delete", text: deleteSql, values: [id] });
}

/**
 * Runs that have ended leave a queue, among so many runs behind `after` in the order of their ids.
 * Answers the last one that was looked at; null if there was none.
 */
export async function leaveQueue(
  tx: Tx,
  id: string,
  after: string,
  count: number,
): Promise<string | null> {
  const { rows } = await tx.query<{ lastId: string | null }>({
    name: "flow-run-leave-queue",
    text: leaveSql,
    values: [id, after, count],
  });
  return rows[0]?.lastId ?? null;
}
