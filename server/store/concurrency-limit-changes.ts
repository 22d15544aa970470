import countSql from "./sql/concurrency-limit-count.sql" with { type: "text" };
import deleteSql from "./sql/concurrency-limit-delete.sql" with { type: "text" };
import insertSql from "./sql/concurrency-limit-insert.sql" with { type: "text" };
import lockDeploymentsSql from "./sql/concurrency-limit-lock-deployments.sql" with { type: "text" };
import updateSql from "./sql/concurrency-limit-update.sql" with { type: "text" };
import { isErrorCode } from "./system-error.ts";
import type { Tx } from "./transaction.ts";

// A name that is taken.
const UNIQUE_VIOLATION = "23505";

/** A limit to insert. */
export interface NewConcurrencyLimit {
  readonly id: string;
  readonly name: string;
  readonly limit: number;
  readonly active: boolean;
  readonly slotsHeld: number;
  readonly slotDecayPerSecond: number;
  readonly deniedSlots: number;
}

/** What to change of a limit; undefined leaves a field as it is. */
export interface ConcurrencyLimitFields {
  readonly name?: string | undefined;
  readonly limit?: number | undefined;
  readonly active?: boolean | undefined;
  /** What counts as taken, at least what leases and runs hold. */
  readonly slotsHeld?: number | undefined;
  readonly slotDecayPerSecond?: number | undefined;
  readonly deniedSlots?: number | undefined;
}

/** What happened to slots without leases. */
export interface SlotCount {
  /** Taken, or given back if less than 0. */
  readonly taken?: number;
  readonly denied?: number;
  /** How long a slot that was given back had been held. */
  readonly heldSeconds?: number | undefined;
}

/** Inserts a limit; false if the name is taken. */
export async function insertConcurrencyLimit(tx: Tx, limit: NewConcurrencyLimit): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "concurrency-limit-insert",
    text: insertSql,
    values: [
      limit.id,
      limit.name,
      limit.limit,
      limit.active,
      limit.slotsHeld,
      limit.slotDecayPerSecond,
      limit.deniedSlots,
    ],
  });
  return rowCount === 1;
}

/** Changes a locked limit; false if it is gone. */
export async function updateConcurrencyLimitRow(
  tx: Tx,
  id: string,
  fields: ConcurrencyLimitFields,
): Promise<boolean | "taken"> {
  const update = {
    name: "concurrency-limit-update",
    text: updateSql,
    values: [
      id,
      fields.name ?? null,
      fields.limit ?? null,
      fields.active ?? null,
      fields.slotsHeld ?? null,
      fields.slotDecayPerSecond ?? null,
      fields.deniedSlots ?? null,
    ],
  };
  try {
    return (await tx.query(update)).rowCount === 1;
  } catch (error) {
    if (isErrorCode(error, UNIQUE_VIOLATION)) return "taken";
    throw error;
  }
}

/** Locks the deployments that have the limit: before it is deleted, which takes it from them. */
export async function lockDeploymentsOfLimit(tx: Tx, id: string): Promise<void> {
  await tx.query({
    name: "concurrency-limit-lock-deployments",
    text: lockDeploymentsSql,
    values: [id],
  });
}

/** False if the limit is gone. */
export async function deleteConcurrencyLimitRow(tx: Tx, id: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "concurrency-limit-delete",
    text: deleteSql,
    values: [id],
  });
  return rowCount === 1;
}

/** Counts the same of several locked limits. */
export async function countSlots(
  tx: Tx,
  ids: readonly string[],
  { taken = 0, denied = 0, heldSeconds }: SlotCount,
): Promise<void> {
  if (ids.length === 0) return;
  await tx.query({
    name: "concurrency-limit-count",
    text: countSql,
    values: [ids, taken, denied, heldSeconds ?? null],
  });
}
