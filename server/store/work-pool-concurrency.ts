import type { Millis } from "#server/domain/state.ts";
import type { StateType } from "#shared/states.ts";
import type { Queryable } from "./database.ts";
import concurrencySql from "./sql/work-pool-concurrency.sql" with { type: "text" };

/** A run that is PENDING or RUNNING. */
export interface ActiveRun {
  readonly id: string;
  readonly name: string;
  readonly stateType: StateType;
  readonly stateName: string;
  readonly startAt: Millis | null;
  readonly stateAt: Millis;
  readonly secondsInState: number;
}

/** A queue with its PENDING and RUNNING runs. */
export interface QueueConcurrency {
  readonly id: string;
  readonly name: string;
  /** Null: no limit. */
  readonly concurrencyLimit: number | null;
  readonly activeSlots: number;
  /** At most as many as were asked for, those longest in their state first. */
  readonly flowRuns: readonly ActiveRun[];
}

/** Slots of a pool as Prefect counts them. */
export interface PoolConcurrency {
  /** Null: no limit. */
  readonly concurrencyLimit: number | null;
  readonly activeSlots: number;
  /** Of all queues, on whatever page. */
  readonly queueCount: number;
  /** A page of the queues, by priority. */
  readonly queues: readonly QueueConcurrency[];
}

/** The pool of that name, with a page of its queues; undefined if there is none. */
export async function readPoolConcurrency(
  db: Queryable,
  name: string,
  page: { readonly limit: number; readonly offset: number; readonly flowRunLimit: number },
): Promise<PoolConcurrency | undefined> {
  const { rows } = await db.query<PoolConcurrency>({
    name: "work-pool-concurrency",
    text: concurrencySql,
    values: [name, page.limit, page.offset, page.flowRunLimit],
  });
  return rows[0];
}
