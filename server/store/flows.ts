import { newId } from "#shared/ids.ts";
import type { JsonObject } from "#shared/json.ts";
import type { Millis } from "#shared/clock.ts";
import type { Queryable } from "./database.ts";
import flowEnsureSql from "./sql/flow-ensure.sql" with { type: "text" };
import flowReadSql from "./sql/flow-read.sql" with { type: "text" };
import flowUpsertSql from "./sql/flow-upsert.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** Id of the flow of that name, created if there is none. */
export async function ensureFlow(tx: Tx, name: string): Promise<string> {
  const { rows } = await tx.query<{ id: string }>({
    name: "flow-ensure",
    text: flowEnsureSql,
    values: [newId(), name],
  });
  const [flow] = rows;
  if (flow === undefined) throw new Error(`flow '${name}' was neither found nor inserted`);
  return flow.id;
}

/** A flow as it is shown. */
export interface FlowView {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly labels: JsonObject;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** A flow to create, or to find by its name. */
export interface NewFlow {
  readonly name: string;
  readonly tags: readonly string[];
  readonly labels: JsonObject;
}

/** The flow of that name, with these tags and labels if it is new. */
export async function upsertFlow(
  tx: Tx,
  flow: NewFlow,
): Promise<{ readonly id: string; readonly created: boolean }> {
  const { rows } = await tx.query<{ id: string; created: boolean }>({
    name: "flow-upsert",
    text: flowUpsertSql,
    values: [newId(), flow.name, flow.tags, flow.labels],
  });
  const [stored] = rows;
  if (stored === undefined) throw new Error(`flow '${flow.name}' was neither found nor inserted`);
  return stored;
}

/** The flows of these ids, in their order; those that do not exist are left out. */
export async function readFlows(db: Queryable, ids: readonly string[]): Promise<FlowView[]> {
  return queryFlows(db, ids, null);
}

/** The flow of that name; undefined if there is none. */
export async function findFlow(db: Queryable, name: string): Promise<FlowView | undefined> {
  return (await queryFlows(db, [], name))[0];
}

async function queryFlows(
  db: Queryable,
  ids: readonly string[],
  name: string | null,
): Promise<FlowView[]> {
  const { rows } = await db.query<FlowView>({
    name: "flow-read",
    text: flowReadSql,
    values: [ids, name],
  });
  return rows;
}
