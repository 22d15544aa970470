import type { Millis } from "#server/domain/state.ts";
import { isHealthy, type WorkQueueStatus } from "#server/domain/work-queue-status.ts";
import type { Queryable } from "./database.ts";
import lateRunsSql from "./sql/work-queue-late-runs.sql" with { type: "text" };
import readSql from "./sql/work-queue-read.sql" with { type: "text" };
import slotsSql from "./sql/work-queue-slots.sql" with { type: "text" };
import type { WorkQueueKey } from "./work-queues.ts";

/** A queue as it is shown. Counts are taken when it is read. */
export interface WorkQueueView {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** 1 comes first. */
  readonly priority: number;
  /** Null: no limit. */
  readonly concurrencyLimit: number | null;
  readonly isPaused: boolean;
  readonly status: WorkQueueStatus;
  /** Null: never. */
  readonly lastPolledAt: Millis | null;
  readonly workPoolId: string;
  readonly workPoolName: string;
  /** Its pool's. */
  readonly isDefault: boolean;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  /** What its limit counts: unended leases, and runs in hand without one. */
  readonly slotsHeld: number;
  /** Runs that are due and wait. */
  readonly waitingRuns: number;
  /** The database's clock. */
  readonly now: Millis;
}

/** Which queues are meant; null: whatever it is. */
export interface WorkQueueFilter {
  readonly workPoolName: string | null;
  readonly ids: readonly string[] | null;
  readonly names: readonly string[] | null;
  /** However they are written. */
  readonly namePrefixes: readonly string[] | null;
  /** The id or the name is enough. */
  readonly either: boolean;
}

/** Every queue of every pool. */
export const EVERY_QUEUE: WorkQueueFilter = {
  workPoolName: null,
  ids: null,
  names: null,
  namePrefixes: null,
  either: false,
};

/** The order of a list: by priority within a pool, by name over all of them. */
export type QueueOrder = "priority" | "name";

/** Which part of a list, in which order. */
export interface QueuePage {
  readonly order: QueueOrder;
  readonly limit: number;
  readonly offset?: number;
  /** The last of the page before. */
  readonly after?: { readonly priority: number; readonly name: string; readonly id: string } | null;
}

/** The queue of that key; undefined if there is none. */
export async function getWorkQueue(
  db: Queryable,
  key: WorkQueueKey,
): Promise<WorkQueueView | undefined> {
  const filter =
    "id" in key
      ? { ...EVERY_QUEUE, ids: [key.id] }
      : { ...EVERY_QUEUE, workPoolName: key.workPoolName, names: [key.name] };
  const [queue] = await findWorkQueues(db, filter, { order: "name", limit: 1 });
  return queue;
}

/** A page of the queues that the filter finds. */
export async function findWorkQueues(
  db: Queryable,
  filter: WorkQueueFilter,
  page: QueuePage,
): Promise<WorkQueueView[]> {
  const { workPoolName, ids, names, namePrefixes, either } = filter;
  const { order, limit, offset = 0, after = null } = page;
  const byPriority = order === "priority";
  const { rows } = await db.query<WorkQueueView>({
    name: "work-queue-read",
    text: readSql,
    values: [
      workPoolName,
      ids,
      names,
      namePrefixes,
      // Either of no parts is no condition.
      either && (ids ?? names ?? namePrefixes) !== null,
      byPriority,
      after?.name ?? null,
      after === null || !byPriority ? 0 : after.priority,
      after?.id ?? null,
      limit,
      offset,
    ],
  });
  return rows;
}

/** Whether a queue's runs are taken in time. */
export interface QueueHealth {
  readonly healthy: boolean;
  readonly lateRuns: number;
  readonly lastPolledAt: Millis | null;
}

/** Judges a queue. */
export async function readQueueHealth(db: Queryable, queue: WorkQueueView): Promise<QueueHealth> {
  const { rows } = await db.query<{ count: number }>({
    name: "work-queue-late-runs",
    text: lateRunsSql,
    values: [queue.id],
  });
  const lateRuns = rows[0]?.count ?? 0;
  return { healthy: isHealthy(lateRuns, queue), lateRuns, lastPolledAt: queue.lastPolledAt };
}

/** Ids of the runs that hold a queue's slots, those that have held them longest first. */
export async function findSlotHolders(
  db: Queryable,
  workQueueId: string,
  page: { readonly limit: number; readonly offset: number },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: "work-queue-slots",
    text: slotsSql,
    values: [workQueueId, page.limit, page.offset],
  });
  return rows.map(({ id }) => id);
}
