import type { Millis } from "#server/domain/state.ts";
import { isUuid } from "#shared/ids.ts";
import type { Queryable } from "./database.ts";
import findSql from "./sql/concurrency-limit-find.sql" with { type: "text" };
import holdersSql from "./sql/concurrency-lease-holders.sql" with { type: "text" };
import readSql from "./sql/concurrency-limit-read.sql" with { type: "text" };

/** A limit as it is shown. */
export interface ConcurrencyLimitView {
  readonly id: string;
  readonly name: string;
  readonly limit: number;
  readonly active: boolean;
  readonly slotsHeld: number;
  readonly slotDecayPerSecond: number;
  readonly deniedSlots: number;
  readonly avgSlotOccupancySeconds: number;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** A part of all limits, by name. */
export interface ConcurrencyLimitPage {
  readonly limit: number;
  readonly offset?: number;
  /** The last one of the page before. */
  readonly after?: string | null;
  /** Only those whose names begin so. */
  readonly prefix?: string;
}

/** The limit of that id or name; undefined if there is none. */
export async function getConcurrencyLimit(
  db: Queryable,
  idOrName: string,
): Promise<ConcurrencyLimitView | undefined> {
  const ids = isUuid(idOrName) ? [idOrName] : [];
  const found = await read(db, [ids, [idOrName], null, null, 2, 0]);
  return found.find(({ id }) => id === idOrName.toLowerCase()) ?? found[0];
}

/** A page of limits by name. */
export function listConcurrencyLimits(
  db: Queryable,
  { limit, offset = 0, after = null, prefix }: ConcurrencyLimitPage,
): Promise<ConcurrencyLimitView[]> {
  return read(db, [null, null, after, prefix ?? null, limit, offset]);
}

/** Id of the limit of that id or name; undefined if there is none. */
export async function findConcurrencyLimit(
  db: Queryable,
  idOrName: string,
): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>({
    name: "concurrency-limit-find",
    text: findSql,
    values: [isUuid(idOrName) ? idOrName : null, idOrName],
  });
  return rows[0]?.id;
}

/** Who holds slots of some limits by lease, the longest first, by limit. */
export async function listSlotHolders(
  db: Queryable,
  limitIds: readonly string[],
): Promise<ReadonlyMap<string, string[]>> {
  const { rows } = await db.query<{ limitId: string; holderId: string }>({
    name: "concurrency-lease-holders",
    text: holdersSql,
    values: [limitIds],
  });
  const holders = Map.groupBy(rows, ({ limitId }) => limitId);
  return new Map([...holders].map(([id, held]) => [id, held.map(({ holderId }) => holderId)]));
}

async function read(db: Queryable, values: unknown[]): Promise<ConcurrencyLimitView[]> {
  const { rows } = await db.query<ConcurrencyLimitView>({
    name: "concurrency-limit-read",
    text: readSql,
    values,
  });
  return rows;
}
