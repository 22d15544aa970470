import type { Millis } from "#server/domain/state.ts";
import type { StateType } from "#shared/states.ts";
import type { Queryable } from "./database.ts";
import slotsSql from "./sql/work-pool-slots.sql" with { type: "text" };

/** One who holds a slot. */
export interface SlotHolder {
  readonly flowRunId: string;
  readonly flowRunName: string;
  readonly stateId: string;
  readonly stateType: StateType;
  readonly stateName: string;
  readonly stateMessage: string | null;
  readonly stateAt: Millis;
  /** The grant of its lease; of a run without one, its state. */
  readonly since: Millis;
  /** Null: it has no lease. */
  readonly agentName: string | null;
  readonly isStopping: boolean;
}

/** The slots of a queue. */
export interface QueueSlots {
  readonly id: string;
  readonly name: string;
  readonly priority: number;
  readonly isPaused: boolean;
  /** Null: no limit. */
  readonly concurrencyLimit: number | null;
  readonly slotsHeld: number;
  /** At most as many as were asked for, those longest first. */
  readonly holders: readonly SlotHolder[];
}

/** The slots of a pool. */
export interface PoolSlots {
  /** Null: no limit. */
  readonly concurrencyLimit: number | null;
  readonly slotsHeld: number;
  /** By priority. */
  readonly queues: readonly QueueSlots[];
  readonly now: Millis;
}

/** Who holds the slots of the pool of that name; undefined if there is none. */
export async function readPoolSlots(
  db: Queryable,
  name: string,
  holdersPerQueue: number,
): Promise<PoolSlots | undefined> {
  const { rows } = await db.query<QueueSlots & { poolLimit: number | null; now: Millis }>({
    name: "work-pool-slots",
    text: slotsSql,
    values: [name, holdersPerQueue],
  });
  // A pool always has its default queue.
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    concurrencyLimit: first.poolLimit,
    slotsHeld: rows.reduce((sum, { slotsHeld }) => sum + slotsHeld, 0),
    queues: rows,
    now: first.now,
  };
}
