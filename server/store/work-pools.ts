import type { LostPolicy } from "#server/domain/lost-agent.ts";
import type { Millis } from "#server/domain/state.ts";
import type { Queryable } from "./database.ts";
import workPoolReadSql from "./sql/work-pool-read.sql" with { type: "text" };

/** What silence is judged by. */
export interface LivenessNumbers {
  /** Heartbeats an agent may miss before it is OFFLINE. */
  readonly missedHeartbeats: number;
}

/** Whether a pool's runs will be taken. */
export type WorkPoolStatus = "READY" | "NOT_READY" | "PAUSED";

/** A pool as it is shown. Status and counts are derived when it is read. */
export interface WorkPoolView {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly description: string | null;
  /** JSON text. */
  readonly baseJobTemplate: string;
  readonly isPaused: boolean;
  /** Null: no limit. */
  readonly concurrencyLimit: number | null;
  readonly lostPolicy: LostPolicy;
  readonly lostAfterSeconds: number;
  readonly defaultQueueId: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly status: WorkPoolStatus;
  readonly agentsOnline: number;
  /** Unended leases, and runs in hand without one. */
  readonly slotsHeld: number;
  /** Runs that are due and wait. */
  readonly waitingRuns: number;
}

/** The pool of that name; undefined if there is none. */
export async function getWorkPool(
  db: Queryable,
  name: string,
  numbers: LivenessNumbers,
): Promise<WorkPoolView | undefined> {
  const [pool] = await readWorkPools(db, [name, null, 1, numbers.missedHeartbeats]);
  return pool;
}

/** At most `limit` pools by name, those behind the name `after`. */
export function listWorkPools(
  db: Queryable,
  page: { readonly limit: number; readonly after: string | null },
  numbers: LivenessNumbers,
): Promise<WorkPoolView[]> {
  return readWorkPools(db, [null, page.after, page.limit, numbers.missedHeartbeats]);
}

async function readWorkPools(db: Queryable, values: unknown[]): Promise<WorkPoolView[]> {
  const { rows } = await db.query<WorkPoolView>({
    name: "work-pool-read",
    text: workPoolReadSql,
    values,
  });
  return rows;
}
