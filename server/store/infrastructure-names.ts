import nameSql from "./sql/flow-run-name-infrastructure.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** Stores what the infrastructure calls these runs, by run id. */
export async function nameInfrastructure(
  tx: Tx,
  names: ReadonlyMap<string, string>,
): Promise<void> {
  if (names.size === 0) return;
  await tx.query({
    name: "flow-run-name-infrastructure",
    text: nameSql,
    values: [[...names.keys()], [...names.values()]],
  });
}
