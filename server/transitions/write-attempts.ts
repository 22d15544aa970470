import { holdsSlot } from "#server/domain/rules/deployment-slots.ts";
import { poolsWaitingFor } from "#server/store/concurrency-limit-locks.ts";
import { changeFlowRuns, type FlowRunMove } from "#server/store/flow-run-changes.ts";
import { changeLeases } from "#server/store/leases.ts";
import type { Tx } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import type { TransitionContext } from "./context.ts";
import type { Writes } from "./take-back.ts";

/** Whom to wake once a transaction is committed. */
export interface Wakes {
  readonly pools: Set<string>;
  readonly agents: Set<string>;
  readonly flowRuns: Set<string>;
}

/** Nobody yet. */
export function noWakes(): Wakes {
  return { pools: new Set(), agents: new Set(), flowRuns: new Set() };
}

/**
 * Writes moves and stamps, and notifies the other replicas on commit: of pools, where a slot may be
 * free or a run ready; of agents with orders. Runs first: a lease's end looks at its run.
 */
export async function writeAttempts(
  ctx: TransitionContext,
  tx: Tx,
  writes: Writes,
  wakes: Wakes,
): Promise<void> {
  for (const { run } of writes.moves) wakes.flowRuns.add(run.id);
  const [, freed] = await Promise.all([
    changeFlowRuns(tx, writes.moves),
    changeLeases(tx, writes.leases),
    notifyOnCommit(tx, ctx.wakeUps, "pool", wakes.pools),
    notifyOnCommit(tx, ctx.wakeUps, "agent", wakes.agents),
  ]);
  await wakeWaiting(ctx, tx, [...limitsFreed(writes.moves), ...freed], wakes);
}

/** Wakes the pools in which runs may wait for a slot of these limits. */
export async function wakeWaiting(
  ctx: TransitionContext,
  tx: Tx,
  limitIds: readonly string[],
  wakes: Wakes,
): Promise<void> {
  if (limitIds.length === 0) return;
  const known = new Set(wakes.pools);
  const pools = await poolsWaitingFor(tx, [...new Set(limitIds)]);
  for (const id of pools) wakes.pools.add(id);
  await notifyOnCommit(
    tx,
    ctx.wakeUps,
    "pool",
    pools.filter((id) => !known.has(id)),
  );
}

/** The limits of deployments of which these moves free a slot. */
function limitsFreed(moves: readonly FlowRunMove[]): string[] {
  return moves.flatMap(({ run, change, leased }) => {
    const held = run.leased || holdsSlot(run.stateType);
    return held && !leased && !holdsSlot(change.state.type) ? (run.concurrencyLimitId ?? []) : [];
  });
}

/** Wakes this replica's listeners. Call it after the commit. */
export function wake(ctx: TransitionContext, wakes: Wakes): void {
  for (const id of wakes.pools) ctx.wakeUps.emit("pool", id);
  for (const id of wakes.agents) ctx.wakeUps.emit("agent", id);
  for (const id of wakes.flowRuns) ctx.wakeUps.emit("flowRun", id);
}
