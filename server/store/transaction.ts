import type { Pool, PoolClient } from "pg";
import { isDatabaseAway } from "./database-away.ts";
import type { Queryable } from "./database.ts";

declare const tx: unique symbol;
/** A connection inside an open transaction. Only `inTransaction` makes one, so a write needs one. */
export type Tx = PoolClient & Queryable & { readonly [tx]: true };

/**
 * Runs `body` in a READ COMMITTED transaction: committed if it returns, rolled back if it throws.
 * `opening` may add statements without values to the one that opens the transaction. The first
 * statements of `body` travel with it; each still sees what was committed when its turn comes.
 */
export async function inTransaction<T>(
  pool: Pool,
  body: (tx: Tx) => Promise<T>,
  opening = "",
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const opened = client.query(`begin;${opening}`);
    const result = await afterOpening(opened, body(client as unknown as Tx));
    // Of a transaction in which a statement failed, PostgreSQL says ROLLBACK, and no error.
    const { command } = await client.query("commit");
    if (command !== "COMMIT") throw new Error("a failed statement was passed over: not committed");
    return result;
  } catch (error) {
    // A connection that is gone, or may be, is not lent again; the server rolls back by itself.
    if (error instanceof Error && isDatabaseAway(error)) broken = error;
    else await client.query("rollback").catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** What `work` answers. If the opening failed, so did all that followed, and the opening's failure says why. */
async function afterOpening<T>(opened: Promise<unknown>, work: Promise<T>): Promise<T> {
  const [opening, worked] = await Promise.allSettled([opened, work]);
  if (opening.status === "rejected") throw opening.reason;
  if (worked.status === "rejected") throw worked.reason;
  return worked.value;
}
