import { POLLED_FOR_SECONDS } from "#server/domain/work-queue-status.ts";
import type { Queryable } from "./database.ts";
import { insertEvents } from "./events.ts";
import readySql from "./sql/work-queue-become-ready.sql" with { type: "text" };
import becomeSilentSql from "./sql/work-queue-become-silent.sql" with { type: "text" };
import recordSql from "./sql/work-queue-record-polls.sql" with { type: "text" };
import silentSql from "./sql/work-queue-silent.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";
import { workQueueEvent } from "./work-queue-events.ts";

/** A poll that is younger than this is not stored again. Seconds. */
const STORED_EVERY_SECONDS = 4;

/** Who asked for runs: by naming queues, or by serving them over a stream. */
export interface PolledBy {
  readonly workQueueIds: readonly string[];
  readonly agentIds: readonly string[];
}

/** Stores that queues were polled, in one statement; answers those that thereby are to be READY. */
export async function stampPolls(db: Queryable, polled: PolledBy): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: "work-queue-record-polls",
    text: recordSql,
    values: [polled.workQueueIds, polled.agentIds, STORED_EVERY_SECONDS],
  });
  return rows.map(({ id }) => id);
}

/** Those of these queues that are NOT_READY become READY, were polled just now, and say so. */
export async function becomeReady(tx: Tx, ids: readonly string[]): Promise<void> {
  const { rows } = await tx.query<MovedRow>({
    name: "work-queue-become-ready",
    text: readySql,
    values: [ids],
  });
  await tellStatus(tx, "ready", rows);
}

/** READY queues that nobody polls any more, at most 500. */
export async function findSilentQueues(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: "work-queue-silent",
    text: silentSql,
    values: [POLLED_FOR_SECONDS],
  });
  return rows.map(({ id }) => id);
}

/** Those of these queues that are still READY and not polled become NOT_READY, and say so. */
export async function becomeSilent(tx: Tx, ids: readonly string[]): Promise<void> {
  const { rows } = await tx.query<MovedRow>({
    name: "work-queue-become-silent",
    text: becomeSilentSql,
    values: [POLLED_FOR_SECONDS, ids],
  });
  await tellStatus(tx, "not-ready", rows);
}

interface MovedRow {
  readonly id: string;
  readonly name: string;
  readonly workPoolId: string;
  readonly workPoolName: string;
  readonly workPoolType: string;
}

function tellStatus(
  tx: Tx,
  status: "ready" | "not-ready",
  moved: readonly MovedRow[],
): Promise<void> {
  return insertEvents(
    tx,
    moved.map((queue) =>
      workQueueEvent(status, queue, {
        id: queue.workPoolId,
        name: queue.workPoolName,
        type: queue.workPoolType,
      }),
    ),
  );
}
