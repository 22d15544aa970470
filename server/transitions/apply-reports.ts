import {
  type AttemptEnd,
  attemptOutcome,
  type StateAtEnd,
} from "#server/domain/attempt-outcome.ts";
import type { LockedFlowRun } from "#server/store/flow-run-changes.ts";
import type { LeaseChange, LeaseKey } from "#server/store/leases.ts";
import { nameInfrastructure } from "#server/store/infrastructure-names.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { type AgentKey, type Attempt, fenced, lockAttempts } from "./held-attempts.ts";
import { proposeState, releasingMove, storedChange } from "./propose-state.ts";
import { reschedule } from "./reschedule.ts";
import type { Writes } from "./take-back.ts";
import { noWakes, wake, type Wakes, writeAttempts } from "./write-attempts.ts";

/** What an agent says happened. Microseconds since the start permission, on the agent's clock. */
export type ReportEvent =
  | {
      readonly kind: "started";
      readonly infrastructureId: string;
      readonly sinceStartGrantedUs: number;
    }
  | {
      readonly kind: "exited";
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly startedAfterUs: number | null;
      readonly firstOutputAfterUs: number | null;
      readonly exitedAfterUs: number | null;
      readonly outputBytes: number;
      readonly stoppedOnOrder: boolean;
      readonly message: string;
    }
  | {
      readonly kind: "crashed";
      readonly reason: string;
      readonly neverStarted: boolean;
      /** Whether its agent ended it because it could not hear the control plane. */
      readonly lostContact: boolean;
    };

/** One fact about an attempt. */
export type AttemptReport = AgentKey &
  LeaseKey & { readonly sequence: number; readonly event: ReportEvent };

/**
 * Stores what agents report. When it resolves every report is stored or was refused for good, so
 * all may be acknowledged: one with an old epoch, and one that came before, change nothing.
 */
export async function applyReports(
  ctx: TransitionContext,
  items: readonly AttemptReport[],
): Promise<void> {
  const wakes = noWakes();
  await inTransaction(ctx.pool, async (tx) => {
    const attempts = await lockAttempts(tx, items);
    const writes: Writes = { moves: [], leases: [] };
    const names = new Map<string, string>();
    const stamps = new Map<string, LeaseChange>();
    const ended = new Set<string>();
    for (const item of items) {
      const attempt = fenced(attempts, item);
      if (attempt === undefined || ended.has(item.flowRunId)) continue;
      const { event } = item;
      if (event.kind === "started") {
        names.set(item.flowRunId, event.infrastructureId);
        stamp(stamps, item, { accepted: true, startedAfterUs: event.sinceStartGrantedUs });
        wakes.flowRuns.add(item.flowRunId);
        continue;
      }
      ended.add(item.flowRunId);
      stamp(stamps, item, endStamps(event));
      endAttempt(ctx, attempt, event, writes, wakes);
    }
    writes.leases.push(...stamps.values());
    await nameInfrastructure(tx, names);
    await writeAttempts(ctx, tx, writes, wakes);
  });
  wake(ctx, wakes);
}

/** Several reports on one lease make one change: a row is updated once in a statement. */
function stamp(
  stamps: Map<string, LeaseChange>,
  { flowRunId, epoch }: LeaseKey,
  change: Omit<LeaseChange, "flowRunId" | "epoch">,
): void {
  stamps.set(flowRunId, { ...stamps.get(flowRunId), flowRunId, epoch, ...change });
}

function endStamps(
  event: Exclude<ReportEvent, { kind: "started" }>,
): Omit<LeaseChange, "flowRunId" | "epoch"> {
  if (event.kind === "crashed") return { endReason: event.reason, reported: true };
  const { firstOutputAfterUs, exitedAfterUs, exitCode, outputBytes } = event;
  return {
    endReason: event.stoppedOnOrder ? "stopped on order" : "exited",
    reported: true,
    ...(event.startedAfterUs === null ? {} : { startedAfterUs: event.startedAfterUs }),
    firstOutputAfterUs,
    exitedAfterUs,
    exitCode,
    outputBytes,
  };
}

function endAttempt(
  ctx: TransitionContext,
  attempt: Attempt,
  event: AttemptEnd & Exclude<ReportEvent, { kind: "started" }>,
  writes: Writes,
  wakes: Wakes,
): void {
  const { run, lease } = attempt;
  wakes.pools.add(lease.workPoolId);
  wakes.flowRuns.add(run.id);
  if (event.kind === "crashed" && event.lostContact) {
    reschedule(ctx, attempt, `The agent ended the attempt: ${event.reason}.`, writes);
    return;
  }
  const proposed = attemptOutcome(run.kind, stateAtEnd(run), event, lease.agentType);
  if (proposed === null) return;
  const answer = proposeState(ctx, run, proposed);
  const change = storedChange(answer);
  if (change !== null) writes.moves.push(releasingMove(run, change));
  else if (answer.status === "ABORT") {
    ctx.logger.debug("an attempt's end changes nothing", { run: run.id, reason: answer.reason });
  }
}

function stateAtEnd(run: LockedFlowRun): StateAtEnd {
  return { type: run.stateType, name: run.stateName, details: run.stateDetails ?? {} };
}
