import type { LeaseKey } from "#server/store/leases.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { type AgentKey, type Attempt, fenced, lockAttempts, type Sent } from "./held-attempts.ts";
import { keepingMove, proposeState, releasingMove, storedChange } from "./propose-state.ts";
import { takeBack, type Writes } from "./take-back.ts";
import { noWakes, wake, type Wakes, writeAttempts } from "./write-attempts.ts";

/** May user code of an attempt start? */
export type StartAnswer =
  | { readonly decision: "granted" }
  | { readonly decision: "wait"; readonly delayMs: number; readonly reason: string }
  /** Never. The lease has ended, or was not the asker's. */
  | { readonly decision: "refused"; readonly reason: string };

/**
 * Permits user code to start: once for a lease, however often it is asked. For a command flow the
 * permission is the RUNNING state, under all rules; an engine proposes RUNNING itself.
 */
export async function grantStarts(
  ctx: TransitionContext,
  items: readonly (AgentKey & LeaseKey & Sent)[],
): Promise<StartAnswer[]> {
  const wakes = noWakes();
  const answers = await inTransaction(ctx.pool, async (tx) => {
    const attempts = await lockAttempts(tx, items);
    const writes: Writes = { moves: [], leases: [] };
    const decided = new Map<string, StartAnswer>();
    const all = items.map((item) => {
      const attempt = fenced(attempts, item);
      if (attempt === undefined) {
        return {
          decision: "refused",
          reason: "the lease is over or belongs to another agent",
        } as const;
      }
      const answer =
        decided.get(attempt.run.id) ??
        decide(ctx, attempt, item.sentAfterUs ?? null, writes, wakes);
      decided.set(attempt.run.id, answer);
      return answer;
    });
    await writeAttempts(ctx, tx, writes, wakes);
    return all;
  });
  wake(ctx, wakes);
  return answers;
}

function decide(
  ctx: TransitionContext,
  attempt: Attempt,
  sentAfterUs: number | null,
  writes: Writes,
  wakes: Wakes,
): StartAnswer {
  const { run, lease } = attempt;
  const key = { flowRunId: lease.flowRunId, epoch: lease.epoch };
  // The answer was lost, or the question came twice: the same answer. A stop order, if there is
  // one, follows on the same stream.
  if (lease.startGrantedAt !== null) return { decision: "granted" };

  if (lease.revoking !== null || run.stateType !== "PENDING") {
    wakes.pools.add(lease.workPoolId);
    takeBack(ctx, attempt, "stopped before it was started", writes);
    return { decision: "refused", reason: `the run is ${run.stateName}` };
  }
  if (run.kind === "engine") {
    writes.leases.push({ ...key, sentAfterUs, accepted: true, startGranted: true });
    wakes.flowRuns.add(run.id);
    return { decision: "granted" };
  }
  const answer = proposeState(ctx, run, { type: "RUNNING" });
  switch (answer.status) {
    case "ACCEPT":
      writes.moves.push(keepingMove(run, { ...answer.change, slot: answer.slot }));
      writes.leases.push({ ...key, sentAfterUs, accepted: true, startGranted: true });
      return { decision: "granted" };
    case "WAIT":
      writes.leases.push({ ...key, sentAfterUs, accepted: true });
      return { decision: "wait", delayMs: answer.delaySeconds * 1000, reason: answer.reason };
    case "REJECT":
    case "ABORT": {
      const change = storedChange(answer);
      if (change !== null) writes.moves.push(releasingMove(run, change));
      writes.leases.push({ ...key, endReason: "start refused" });
      wakes.pools.add(lease.workPoolId);
      return { decision: "refused", reason: answer.reason };
    }
  }
}
