import insertSql from "./sql/concurrency-lease-insert.sql" with { type: "text" };
import expireSql from "./sql/concurrency-lease-expire.sql" with { type: "text" };
import releaseHeldSql from "./sql/concurrency-lease-release-held.sql" with { type: "text" };
import releaseSql from "./sql/concurrency-lease-release.sql" with { type: "text" };
import renewSql from "./sql/concurrency-lease-renew.sql" with { type: "text" };
import emptySql from "./sql/concurrency-limit-empty.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** Who holds slots. */
export interface SlotHolder {
  readonly type: "flow_run" | "task_run" | "deployment";
  readonly id: string;
}

/** A lease on as many slots of each limit. */
export interface NewSlotLease {
  readonly id: string;
  readonly holder: SlotHolder | null;
  /** Null: until it is given back. */
  readonly seconds: number | null;
  readonly limitIds: readonly string[];
  readonly slots: number;
}

/** Slots of one limit that were given back. */
export interface FreedSlots {
  readonly limitId: string;
  readonly heldSeconds: number;
}

/** Writes a lease. The limits are locked and have room. */
export async function insertSlotLease(tx: Tx, lease: NewSlotLease): Promise<void> {
  const { id, holder, seconds, limitIds, slots } = lease;
  await tx.query({
    name: "concurrency-lease-insert",
    text: insertSql,
    values: [id, holder?.type ?? null, holder?.id ?? null, seconds, limitIds, slots],
  });
}

/** Prolongs a lease from now; false if there is none or it has expired. */
export async function renewSlotLeaseRow(tx: Tx, id: string, seconds: number): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "concurrency-lease-renew",
    text: renewSql,
    values: [id, seconds],
  });
  return rowCount === 1;
}

/** Gives a lease back; answers its slots. Nothing if it is gone. */
export async function releaseSlotLeaseRow(tx: Tx, id: string): Promise<FreedSlots[]> {
  const { rows } = await tx.query<FreedSlots>({
    name: "concurrency-lease-release",
    text: releaseSql,
    values: [id],
  });
  return rows;
}

/** Gives back what a holder has without end of some limits; answers those of which it had slots. */
export async function releaseHeldSlots(
  tx: Tx,
  limitIds: readonly string[],
  holderId: string,
): Promise<string[]> {
  const { rows } = await tx.query<{ limitId: string }>({
    name: "concurrency-lease-release-held",
    text: releaseHeldSql,
    values: [limitIds, holderId],
  });
  return rows.map((row) => row.limitId);
}

/** Takes away all slots of a locked limit that leases hold. */
export async function emptyLimit(tx: Tx, limitId: string): Promise<void> {
  await tx.query({ name: "concurrency-limit-empty", text: emptySql, values: [limitId] });
}

/** Takes back expired leases, at most `most`; answers the limits of which slots are free now. */
export async function expireSlotLeases(tx: Tx, most: number): Promise<string[]> {
  const { rows } = await tx.query<{ limitId: string }>({
    name: "concurrency-lease-expire",
    text: expireSql,
    values: [most],
  });
  return rows.map((row) => row.limitId);
}
