import { leaseKeyText, type LeaseKey } from "#server/store/leases.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { type AgentKey, type Attempt, fenced, lockAttempts } from "./held-attempts.ts";
import { proposeState, releasingMove, storedChange } from "./propose-state.ts";
import { takeBack, type Writes } from "./take-back.ts";
import { noWakes, wake, type Wakes, writeAttempts } from "./write-attempts.ts";

/**
 * Brings what an agent was given to agree with what it says it holds; answers those of the given that
 * it may keep. A lease it does not list either never reached it, or its journal has lost it:
 * accepting is told only once it is durable.
 */
export async function reconcileHeld(
  ctx: TransitionContext,
  tx: Tx,
  given: readonly LeaseKey[],
  held: readonly LeaseKey[],
  wakes: Wakes,
): Promise<ReadonlySet<string>> {
  const kept = new Set<string>();
  if (given.length === 0) return kept;
  const listed = new Set(held.map(leaseKeyText));
  const attempts = await lockAttempts(tx, given);
  const writes: Writes = { moves: [], leases: [] };
  for (const [key, attempt] of attempts) {
    const { flowRunId, epoch } = attempt.lease;
    // Given away while the locks were waited for.
    if (attempt.lease.endedAt !== null) continue;
    if (listed.has(key)) {
      kept.add(key);
      writes.leases.push({ flowRunId, epoch, accepted: true });
    } else settle(ctx, attempt, writes);
  }
  await writeAttempts(ctx, tx, writes, wakes);
  return kept;
}

/**
 * Leases that their agents have had and list no more, without a word of their end. One that was
 * ended meanwhile, or is another session's by now, is left alone.
 */
export async function settleDropped(
  ctx: TransitionContext,
  items: readonly (AgentKey & LeaseKey)[],
): Promise<void> {
  const wakes = noWakes();
  await inTransaction(ctx.pool, async (tx) => {
    const attempts = await lockAttempts(tx, items);
    const writes: Writes = { moves: [], leases: [] };
    for (const item of items) {
      const attempt = fenced(attempts, item);
      if (attempt === undefined) continue;
      settle(ctx, attempt, writes);
      wakes.pools.add(attempt.lease.workPoolId);
    }
    await writeAttempts(ctx, tx, writes, wakes);
  });
  wake(ctx, wakes);
}

function settle(ctx: TransitionContext, attempt: Attempt, writes: Writes): void {
  if (attempt.lease.startGrantedAt === null) {
    takeBack(ctx, attempt, "the lease never reached its agent", writes);
  } else forgotten(ctx, attempt, writes);
}

/** User code may have run, and the agent knows nothing of it: it is never started again. */
function forgotten(ctx: TransitionContext, { run, lease }: Attempt, writes: Writes): void {
  const { flowRunId, epoch } = lease;
  writes.leases.push({ flowRunId, epoch, endReason: "forgotten by its agent" });
  const answer = proposeState(
    ctx,
    run,
    run.stateType === "CANCELLING"
      ? { type: "CANCELLED", message: "Cancelled; its agent has no record of it any more." }
      : {
          type: "CRASHED",
          message: "The agent has no record of this attempt any more: whether it ended is unknown.",
        },
  );
  const change = storedChange(answer);
  if (change !== null) writes.moves.push(releasingMove(run, change));
}
