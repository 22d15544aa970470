import { ensureServerSecret } from "#server/store/server-secrets.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";

const SECRET_BYTES = 32;

/** The secret of that name that all replicas share; made when it is first asked for. */
export function shareSecret(ctx: TransitionContext, name: string): Promise<Uint8Array> {
  const candidate = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return inTransaction(ctx.pool, (tx) => ensureServerSecret(tx, name, candidate));
}
