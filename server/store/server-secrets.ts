import ensureSql from "./sql/server-secret-ensure.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** The secret of that name, the same for all replicas. `candidate` becomes it if there is none. */
export async function ensureServerSecret(
  tx: Tx,
  name: string,
  candidate: Uint8Array,
): Promise<Uint8Array> {
  const { rows } = await tx.query<{ value: Uint8Array }>({
    name: "server-secret-ensure",
    text: ensureSql,
    values: [name, candidate],
  });
  return rows[0]?.value ?? candidate;
}
