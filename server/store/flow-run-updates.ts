import type { JsonObject } from "#shared/json.ts";
import adhocFactsSql from "./sql/flow-run-adhoc-facts.sql" with { type: "text" };
import deleteSql from "./sql/flow-run-delete.sql" with { type: "text" };
import labelsSql from "./sql/flow-run-merge-labels.sql" with { type: "text" };
import updateSql from "./sql/flow-run-update.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** What to change of a run; undefined leaves a field as it is. */
export interface FlowRunUpdate {
  readonly name?: string | undefined;
  /** Null removes it. */
  readonly infrastructureId?: string | null | undefined;
  readonly retries?: number | undefined;
  readonly retryDelaySeconds?: number | undefined;
  /** Null removes it. */
  readonly flowVersion?: string | null | undefined;
  /** JSON text. */
  readonly parameters?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly jobVariables?: JsonObject | undefined;
}

/** What the creation of a run without a deployment must know; null: there is no such thing. */
export interface AdhocFacts {
  readonly flowId: string | null;
  readonly workPoolId: string | null;
  readonly workQueueId: string | null;
  readonly baseJobTemplate: JsonObject;
  readonly now: number;
}

/** Changes a run; false if there is none. */
export async function updateFlowRunRow(
  tx: Tx,
  id: string,
  update: FlowRunUpdate,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "flow-run-update",
    text: updateSql,
    values: [
      id,
      update.name ?? null,
      update.infrastructureId !== undefined,
      update.infrastructureId ?? null,
      update.retries ?? null,
      update.retryDelaySeconds ?? null,
      update.flowVersion !== undefined,
      update.flowVersion ?? null,
      update.parameters ?? null,
      update.tags ?? null,
      update.jobVariables ?? null,
    ],
  });
  return rowCount === 1;
}

/** Adds labels to a run's, or replaces those of the same key; false if there is no such run. */
export async function mergeFlowRunLabels(tx: Tx, id: string, labels: JsonObject): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "flow-run-merge-labels",
    text: labelsSql,
    values: [id, labels],
  });
  return rowCount === 1;
}

/** Deletes a run that no agent holds; undefined if there is none. */
export async function deleteFlowRunRow(
  tx: Tx,
  id: string,
): Promise<{ readonly workPoolId: string | null } | undefined> {
  const { rows } = await tx.query<{ workPoolId: string | null }>({
    name: "flow-run-delete",
    text: deleteSql,
    values: [id],
  });
  return rows[0];
}

/** Reads what a run names that is created without a deployment. */
export async function readAdhocFacts(
  tx: Tx,
  names: {
    readonly flowId: string;
    readonly workPoolName: string | null;
    readonly workQueueName: string | null;
  },
): Promise<AdhocFacts> {
  const { rows } = await tx.query<AdhocFacts>({
    name: "flow-run-adhoc-facts",
    text: adhocFactsSql,
    values: [names.flowId, names.workPoolName, names.workQueueName],
  });
  const [facts] = rows;
  if (facts === undefined) throw new Error("the facts of a run came back without a row");
  return facts;
}
