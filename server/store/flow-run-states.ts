import type { Millis } from "#server/domain/state.ts";
import type { StateType } from "#shared/states.ts";
import type { Queryable } from "./database.ts";
import flowRunStateListSql from "./sql/flow-run-state-list.sql" with { type: "text" };

/** One state a run is or was in. */
export interface FlowRunStateView {
  readonly id: string;
  readonly type: StateType;
  readonly name: string;
  readonly at: Millis;
  readonly message: string | null;
  readonly data: unknown;
  readonly details: unknown;
}

/** The states of a run, the oldest first. */
export async function listFlowRunStates(
  db: Queryable,
  flowRunId: string,
): Promise<FlowRunStateView[]> {
  const { rows } = await db.query<FlowRunStateView>({
    name: "flow-run-state-list",
    text: flowRunStateListSql,
    values: [flowRunId],
  });
  return rows;
}
