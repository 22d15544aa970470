import type { LostPolicy } from "#server/domain/lost-agent.ts";
import type { Millis } from "#server/domain/state.ts";
import type { WorkPoolStatus } from "#server/domain/work-pool-status.ts";
import { isUuid } from "#shared/ids.ts";
import type { Queryable } from "./database.ts";
import workPoolCountSql from "./sql/work-pool-count.sql" with { type: "text" };
import workPoolReadSql from "./sql/work-pool-read.sql" with { type: "text" };

/** What silence is judged by. */
export interface LivenessNumbers {
  /** Heartbeats an agent may miss before it is OFFLINE. */
  readonly missedHeartbeats: number;
}

/** A pool as it is shown. Counts are derived when it is read. */
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
  /** Seconds overdue that count as one priority; null: none do. */
  readonly ageingSeconds: number | null;
  readonly defaultQueueId: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  /** JSON text. */
  readonly storageConfiguration: string;
  /** As the pool's last status event told it. */
  readonly status: WorkPoolStatus;
  readonly agentsOnline: number;
  /** Unended leases, and runs in hand without one. */
  readonly slotsHeld: number;
  /** Runs that are due and wait. */
  readonly waitingRuns: number;
  /** Runs that are PENDING or RUNNING, as Prefect counts slots. */
  readonly activeSlots: number;
}

/** Which pools are meant; null: whatever it is. */
export interface WorkPoolFilter {
  readonly ids: readonly string[] | null;
  readonly names: readonly string[] | null;
  readonly types: readonly string[] | null;
  /** One of the parts is enough. */
  readonly either: boolean;
}

const EVERY_POOL: WorkPoolFilter = { ids: null, names: null, types: null, either: false };

/** The pool of that name; undefined if there is none. */
export async function getWorkPool(
  db: Queryable,
  name: string,
  numbers: LivenessNumbers,
): Promise<WorkPoolView | undefined> {
  const [pool] = await readWorkPools(db, { name, limit: 1 }, numbers);
  return pool;
}

/** The pool of that name, or else of that id; undefined if there is none. */
export async function findWorkPool(
  db: Queryable,
  nameOrId: string,
  numbers: LivenessNumbers,
): Promise<WorkPoolView | undefined> {
  const named = await getWorkPool(db, nameOrId, numbers);
  if (named !== undefined || !isUuid(nameOrId)) return named;
  const filter = { ...EVERY_POOL, ids: [nameOrId] };
  const [pool] = await readWorkPools(db, { filter, limit: 1 }, numbers);
  return pool;
}

/** At most `limit` pools by name, those behind the name `after`. */
export function listWorkPools(
  db: Queryable,
  page: { readonly limit: number; readonly after: string | null },
  numbers: LivenessNumbers,
): Promise<WorkPoolView[]> {
  return readWorkPools(db, page, numbers);
}

/** The pools that the filter finds, by name: at most `limit` after the first `offset`. */
export function findWorkPools(
  db: Queryable,
  filter: WorkPoolFilter,
  page: { readonly limit: number; readonly offset: number },
  numbers: LivenessNumbers,
): Promise<WorkPoolView[]> {
  return readWorkPools(db, { filter, ...page }, numbers);
}

/** How many pools the filter finds. */
export async function countWorkPools(db: Queryable, filter: WorkPoolFilter): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: "work-pool-count",
    text: workPoolCountSql,
    values: filterValues(filter),
  });
  return rows[0]?.count ?? 0;
}

interface WorkPoolSearch {
  readonly name?: string;
  readonly after?: string | null;
  readonly filter?: WorkPoolFilter;
  readonly limit: number;
  readonly offset?: number;
}

async function readWorkPools(
  db: Queryable,
  search: WorkPoolSearch,
  numbers: LivenessNumbers,
): Promise<WorkPoolView[]> {
  const { name = null, after = null, filter = EVERY_POOL, limit, offset = 0 } = search;
  const values = [name, after, limit, numbers.missedHeartbeats, ...filterValues(filter), offset];
  const { rows } = await db.query<WorkPoolView>({
    name: "work-pool-read",
    text: workPoolReadSql,
    values,
  });
  return rows;
}

function filterValues({ ids, names, types, either }: WorkPoolFilter): unknown[] {
  // Either of no parts is no condition.
  return [ids, names, types, either && (ids ?? names ?? types) !== null];
}
