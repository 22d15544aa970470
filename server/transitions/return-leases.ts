import type { LeaseKey } from "#server/store/leases.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { type AgentKey, fenced, lockAttempts } from "./held-attempts.ts";
import { takeBack, type Writes } from "./take-back.ts";
import { noWakes, wake, writeAttempts } from "./write-attempts.ts";

/** A lease that its agent, or the replica that could not send it, gives back. */
export type ReturnedLease = AgentKey & LeaseKey & { readonly reason: string };

/** Leases given back before user code was permitted to start: their runs wait for another agent. */
export async function returnLeases(
  ctx: TransitionContext,
  items: readonly ReturnedLease[],
): Promise<void> {
  const wakes = noWakes();
  await inTransaction(ctx.pool, async (tx) => {
    const attempts = await lockAttempts(tx, items);
    const writes: Writes = { moves: [], leases: [] };
    const seen = new Set<string>();
    for (const item of items) {
      const attempt = fenced(attempts, item);
      if (attempt === undefined || seen.has(attempt.run.id)) continue;
      if (attempt.lease.startGrantedAt !== null) continue;
      seen.add(attempt.run.id);
      takeBack(ctx, attempt, item.reason, writes);
      wakes.pools.add(attempt.lease.workPoolId);
    }
    await writeAttempts(ctx, tx, writes, wakes);
  });
  wake(ctx, wakes);
}
