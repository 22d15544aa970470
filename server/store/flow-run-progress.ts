import type { Queryable } from "./database.ts";
import progressSql from "./sql/flow-run-progress.sql" with { type: "text" };

/** How far a run is: whether there is anything new to read of it. */
export interface FlowRunProgress {
  readonly id: string;
  readonly stateId: string;
  /** An agent holds a lease on it. */
  readonly leased: boolean;
  /** Bytes of output stored, over all attempts. */
  readonly storedBytes: number;
  /** Less is stored of some attempt than its agent reported. */
  readonly outputMissing: boolean;
  /** Some attempt started, and how much it wrote was not reported, or not yet. */
  readonly outputUnknown: boolean;
}

/** How far these runs are, by id; those that do not exist are left out. One statement for all. */
export async function readFlowRunProgress(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, FlowRunProgress>> {
  const { rows } = await db.query<FlowRunProgress>({
    name: "flow-run-progress",
    text: progressSql,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.id, row]));
}
