import { judgeHolder } from "#server/domain/lost-agent.ts";
import { expireSlotLeases } from "#server/store/concurrency-leases.ts";
import { withDeploymentSlots } from "#server/store/deployment-slots.ts";
import { type LockedFlowRun, lockFlowRuns } from "#server/store/flow-run-changes.ts";
import { leaseKeyText, type OverdueLease, overdueLeases } from "#server/store/leases.ts";
import { beat, overdueCancellations, overdueFlowRuns, trySweepLock } from "#server/store/sweeps.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { markWorkersOffline } from "#server/store/workers.ts";
import { switchedOn } from "#shared/failpoints.ts";
import { isTerminal } from "#shared/states.ts";
import type { TransitionContext } from "./context.ts";
import { type Attempt, lockAttempts } from "./held-attempts.ts";
import { keepingMove, proposeState, releasingMove, storedChange } from "./propose-state.ts";
import { refreshPoolStatuses } from "./refresh-pool-statuses.ts";
import { refreshQueueStatuses } from "./refresh-queue-statuses.ts";
import { reschedule } from "./reschedule.ts";
import { takeBack, type Writes } from "./take-back.ts";
import { noWakes, wake, type Wakes, wakeWaiting, writeAttempts } from "./write-attempts.ts";

/** Most runs of a kind that one sweep changes: the rest waits for the next. */
const BATCH = 400;
/** Most leases on slots taken back in one sweep. */
const EXPIRY_BATCH = 1_000;

/** How often a Prefect worker beats that does not say how often. */
const SILENT_WORKER_BEAT_SECONDS = 30;

/**
 * What time does to runs, leases, pools and queues: one idempotent batch that any replica may run,
 * and only one runs at a time.
 */
export async function sweep(ctx: TransitionContext): Promise<void> {
  const wakes = noWakes();
  const swept = await inTransaction(ctx.pool, async (tx) => {
    if (!(await trySweepLock(tx))) return false;
    await beat(tx, ctx.numbers.outageSeconds);
    if (!switchedOn("no-reaper")) await reapLeases(ctx, tx, wakes);
    await markLate(ctx, tx, wakes);
    await endCancellations(ctx, tx, wakes);
    await markWorkersOffline(tx, ctx.numbers.missedHeartbeats, SILENT_WORKER_BEAT_SECONDS);
    // Last, since whoever renews a slot's lease waits for this to be committed.
    await wakeWaiting(ctx, tx, await expireSlotLeases(tx, EXPIRY_BATCH), wakes);
    return true;
  });
  wake(ctx, wakes);
  if (!swept) return;
  await refreshPoolStatuses(ctx);
  await refreshQueueStatuses(ctx);
}

/** Takes back leases that nobody accepted, and judges those whose agent is silent. */
async function reapLeases(ctx: TransitionContext, tx: Tx, wakes: Wakes): Promise<void> {
  const { acceptTimeoutSeconds, heartbeatSeconds, missedHeartbeats } = ctx.numbers;
  const silentSeconds = heartbeatSeconds * missedHeartbeats;
  const overdue = await overdueLeases(tx, acceptTimeoutSeconds, silentSeconds);
  if (overdue.length === 0) return;
  const attempts = await lockAttempts(tx, overdue);
  const writes: Writes = { moves: [], leases: [] };
  for (const found of overdue) {
    const attempt = attempts.get(leaseKeyText(found));
    if (attempt === undefined || attempt.lease.endedAt !== null) continue;
    if (attempt.lease.acceptedAt === null && found.acceptedAt === null) {
      if (!acceptanceIsOver(ctx, found)) continue;
      takeBack(ctx, attempt, "not accepted in time", writes);
    } else if (!judgeSilent(ctx, found, attempt, writes)) continue;
    wakes.pools.add(attempt.lease.workPoolId);
  }
  await writeAttempts(ctx, tx, writes, wakes);
}

/** An agent that could not be heard could not accept either: the time counts from the forgiving. */
function acceptanceIsOver(ctx: TransitionContext, found: OverdueLease): boolean {
  const since = Math.max(found.grantedAt, found.graceFrom);
  return found.now - since > ctx.numbers.acceptTimeoutSeconds * 1000;
}

/** False if the holder may still come back. */
function judgeSilent(
  ctx: TransitionContext,
  found: OverdueLease,
  attempt: Attempt,
  writes: Writes,
): boolean {
  const { run, lease } = attempt;
  const judgement = judgeHolder({
    now: found.now,
    lastSeenAt: found.lastSeenAt,
    graceFrom: found.graceFrom,
    heartbeatSeconds: ctx.numbers.heartbeatSeconds,
    missedHeartbeats: ctx.numbers.missedHeartbeats,
    lostAfterSeconds: found.lostAfterSeconds,
    policy: found.lostPolicy,
    revokedAt: lease.revokedAt,
    cancelDeadlineSeconds: ctx.numbers.cancelDeadlineSeconds,
    startGranted: lease.startGrantedAt !== null,
  });
  switch (judgement) {
    case "wait":
      return false;
    case "take-back":
      takeBack(ctx, attempt, "its agent was lost before the start", writes);
      return true;
    case "reschedule": {
      const { flowRunId, epoch } = lease;
      writes.leases.push({ flowRunId, epoch, endReason: "agent lost" });
      const what = "The agent that ran this was lost, and has killed it by its own clock.";
      reschedule(ctx, attempt, what, writes);
      return true;
    }
    case "crash":
    case "cancel":
      endLost(ctx, run, attempt, judgement, writes);
      return true;
  }
}

function endLost(
  ctx: TransitionContext,
  run: LockedFlowRun,
  { lease }: Attempt,
  judgement: "crash" | "cancel",
  writes: Writes,
): void {
  const { flowRunId, epoch } = lease;
  writes.leases.push({ flowRunId, epoch, endReason: "agent lost" });
  // The run may have ended by somebody else's word: then only the slot was left to free.
  if (isTerminal(run.stateType)) return;
  const proposed =
    judgement === "cancel"
      ? ({
          type: "CANCELLED",
          message:
            "Cancelled without confirmation: the agent was lost before it could say that the " +
            "process tree is gone. It kills the tree if it comes back.",
        } as const)
      : ({
          type: "CRASHED",
          message:
            "The agent that ran this was lost. If it comes back it kills the process; the run is " +
            "not tried again.",
        } as const);
  const change = storedChange(proposeState(ctx, run, proposed));
  if (change !== null) writes.moves.push(releasingMove(run, change));
}

/** Runs that nobody started in time are shown as Late; they start all the same when they can. */
async function markLate(ctx: TransitionContext, tx: Tx, wakes: Wakes): Promise<void> {
  const ids = await overdueFlowRuns(tx, ctx.numbers.lateAfterSeconds, BATCH);
  if (ids.length === 0) return;
  const writes: Writes = { moves: [], leases: [] };
  const runs = [...(await lockFlowRuns(tx, ids)).values()];
  for (const run of await withDeploymentSlots(tx, runs)) {
    if (run.stateType !== "SCHEDULED" || run.stateName !== "Scheduled") continue;
    const proposed = {
      type: "SCHEDULED",
      name: "Late",
      ...(run.nextStartAt === null ? {} : { details: { scheduledTime: run.nextStartAt } }),
    } as const;
    const change = storedChange(proposeState(ctx, run, proposed, "mark-late"));
    if (change !== null) writes.moves.push(keepingMove(run, change));
  }
  await writeAttempts(ctx, tx, writes, wakes);
}

/** Whoever has a run without a lease says when it has stopped; a dead worker never will. */
async function endCancellations(ctx: TransitionContext, tx: Tx, wakes: Wakes): Promise<void> {
  const { cancelDeadlineSeconds } = ctx.numbers;
  const ids = await overdueCancellations(tx, cancelDeadlineSeconds, BATCH);
  if (ids.length === 0) return;
  const writes: Writes = { moves: [], leases: [] };
  for (const run of (await lockFlowRuns(tx, ids)).values()) {
    if (run.stateType !== "CANCELLING" || run.leased) continue;
    const message = `Cancelled without confirmation: nobody said for ${cancelDeadlineSeconds} s that it had stopped.`;
    const change = storedChange(proposeState(ctx, run, { type: "CANCELLED", message }));
    if (change !== null) writes.moves.push(keepingMove(run, change));
    if (run.workPoolId !== null) wakes.pools.add(run.workPoolId);
  }
  await writeAttempts(ctx, tx, writes, wakes);
}
