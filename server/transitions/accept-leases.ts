import { changeLeases, type LeaseKey } from "#server/store/leases.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { type AgentKey, fenced, lockAttempts, type Sent } from "./held-attempts.ts";

/** Leases are in their agents' journals. One that was taken back meanwhile stays taken back. */
export async function acceptLeases(
  ctx: TransitionContext,
  items: readonly (AgentKey & LeaseKey & Sent)[],
): Promise<void> {
  await inTransaction(ctx.pool, async (tx) => {
    const attempts = await lockAttempts(tx, items);
    const accepted = items.filter((item) => fenced(attempts, item)?.lease.acceptedAt === null);
    await changeLeases(
      tx,
      accepted.map(({ flowRunId, epoch, sentAfterUs = null }) => {
        return { flowRunId, epoch, accepted: true, sentAfterUs };
      }),
    );
  });
}
