import { leaseKeyText, type LeaseKey } from "#server/store/leases.ts";
import type { Tx } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { type Attempt, lockAttempts } from "./held-attempts.ts";
import { proposeState, releasingMove, storedChange } from "./propose-state.ts";
import { takeBack, type Writes } from "./take-back.ts";
import { type Wakes, writeAttempts } from "./write-attempts.ts";

/**
 * Brings what an agent was given to agree with what it says it holds. A lease it does not list
 * either never reached it, or its journal has lost it: accepting is told only once it is durable.
 */
export async function reconcileHeld(
  ctx: TransitionContext,
  tx: Tx,
  given: readonly LeaseKey[],
  held: readonly LeaseKey[],
  wakes: Wakes,
): Promise<void> {
  if (given.length === 0) return;
  const listed = new Set(held.map(leaseKeyText));
  const attempts = await lockAttempts(tx, given);
  const writes: Writes = { moves: [], leases: [] };
  for (const [key, attempt] of attempts) {
    const { flowRunId, epoch } = attempt.lease;
    if (attempt.lease.endedAt !== null) continue;
    if (listed.has(key)) writes.leases.push({ flowRunId, epoch, accepted: true });
    else if (attempt.lease.startGrantedAt === null) {
      takeBack(ctx, attempt, "the lease never reached its agent", writes);
    } else forgotten(ctx, attempt, writes);
  }
  await writeAttempts(ctx, tx, writes, wakes);
}

/** User code may have run, and the agent knows nothing of it: it is never started again. */
function forgotten(ctx: TransitionContext, { run, lease }: Attempt, writes: Writes): void {
  const { flowRunId, epoch } = lease;
  writes.leases.push({ flowRunId, epoch, endReason: "forgotten by its agent" });
  const answer = proposeState(
    ctx,
    run,
    run.stateType === "CANCELLING"
      ? { type: "CANCELLED", message: "Cancelled; its agent came back without a record of it." }
      : {
          type: "CRASHED",
          message:
            "The agent came back without a record of this attempt, so whether it ended is unknown.",
        },
  );
  const change = storedChange(answer);
  if (change !== null) writes.moves.push(releasingMove(run, change));
}
