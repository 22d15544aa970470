import type { Queryable } from "./database.ts";
import type { LockedFlowRun } from "./flow-run-changes.ts";
import factsSql from "./sql/flow-run-proposal-facts.sql" with { type: "text" };
import slotSql from "./sql/flow-run-slot.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** Whose slots a run takes, and whether it holds one already. */
export interface FlowRunSlot {
  /** Null: in no pool, so that nothing limits it. */
  readonly workPoolId: string | null;
  readonly holdsSlot: boolean;
}

/** The locked run with what the rules ask about it when somebody outside proposes a state. */
export async function withProposalFacts(tx: Tx, run: LockedFlowRun): Promise<LockedFlowRun> {
  const { rows } = await tx.query<Required<Pick<LockedFlowRun, "stateData" | "isSubflow">>>({
    name: "flow-run-proposal-facts",
    text: factsSql,
    values: [run.id],
  });
  return { ...run, ...rows[0] };
}

/** Whose slots the run takes; undefined if there is no such run. */
export async function readFlowRunSlot(
  db: Queryable,
  flowRunId: string,
): Promise<FlowRunSlot | undefined> {
  const { rows } = await db.query<FlowRunSlot>({
    name: "flow-run-slot",
    text: slotSql,
    values: [flowRunId],
  });
  return rows[0];
}
