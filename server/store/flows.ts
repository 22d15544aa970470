import { newId } from "#shared/ids.ts";
import flowEnsureSql from "./sql/flow-ensure.sql" with { type: "text" };
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
