import heldSql from "./sql/concurrency-limit-held.sql" with { type: "text" };
import lockSql from "./sql/concurrency-limit-lock.sql" with { type: "text" };
import waitingPoolsSql from "./sql/concurrency-limit-waiting-pools.sql" with { type: "text" };
import type { Queryable } from "./database.ts";
import type { Tx } from "./transaction.ts";

/** A limit as its lock found it. */
export interface LockedLimit {
  readonly id: string;
  readonly name: string;
  readonly limit: number;
  /** False: it limits nothing. */
  readonly active: boolean;
  readonly slotDecayPerSecond: number;
  readonly avgSlotOccupancySeconds: number;
}

/** How much of a limit is taken. */
export interface LimitUse {
  /** Slots held, however they are held. */
  readonly held: number;
  /** Slots that were lately asked for in vain. */
  readonly denied: number;
  /** Slots left, less than 0 where the limit was lowered; null: it limits nothing. */
  readonly free: number | null;
}

/** A locked limit with what was counted after its lock was had. */
export interface CountedLimit extends LockedLimit, LimitUse {}

/** How limits are named: all by id, or all by name. */
export type LimitNames =
  | { readonly ids: readonly string[] }
  | { readonly names: readonly string[] };

/**
 * Locks limits in the order of their ids, then counts what is taken of them: until the transaction
 * ends nobody else takes any. Those that do not exist do not come back. Runs may be locked before,
 * never after.
 */
export async function lockAndCountLimits(
  tx: Tx,
  wanted: LimitNames,
): Promise<ReadonlyMap<string, CountedLimit>> {
  const ids = "ids" in wanted ? wanted.ids : [];
  const locking = lockLimits(tx, wanted);
  // Sent at once where the ids are known; carried out after the locks were had all the same.
  const [locked, used] =
    ids.length > 0
      ? await Promise.all([locking, readLimitUse(tx, ids)])
      : await locking.then(async (found) => {
          const use = await readLimitUse(
            tx,
            found.map((limit) => limit.id),
          );
          return [found, use] as const;
        });
  return new Map(
    locked.flatMap((limit) => {
      const use = used.get(limit.id);
      return use === undefined ? [] : [[limit.id, { ...limit, ...use }]];
    }),
  );
}

/** Locks limits in the order of their ids. */
export async function lockLimits(tx: Tx, wanted: LimitNames): Promise<LockedLimit[]> {
  const values = "ids" in wanted ? [wanted.ids, []] : [[], wanted.names];
  const { rows } = await tx.query<LockedLimit>({
    name: "concurrency-limit-lock",
    text: lockSql,
    values,
  });
  return rows;
}

/** What is taken of some limits now. Without their locks it is a guess. */
export async function readLimitUse(
  db: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, LimitUse>> {
  const { rows } = await db.query<LimitUse & { id: string }>({
    name: "concurrency-limit-held",
    text: heldSql,
    values: [ids],
  });
  return new Map(rows.map(({ id, ...use }) => [id, use]));
}

/** The pools in which runs may wait for a slot of these limits. */
export async function poolsWaitingFor(
  db: Queryable,
  limitIds: readonly string[],
): Promise<string[]> {
  const { rows } = await db.query<{ workPoolId: string }>({
    name: "concurrency-limit-waiting-pools",
    text: waitingPoolsSql,
    values: [limitIds],
  });
  return rows.map((row) => row.workPoolId);
}
