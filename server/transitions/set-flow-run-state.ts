import { isHolder, type LeaseClaim, whyFenced } from "#server/domain/lease-claim.ts";
import type { FlowRunChange, Orchestration } from "#server/domain/flow-run.ts";
import { flowRunNotFound } from "#server/domain/not-found.ts";
import { holdsSlot, occupiesSlot, refuseWithoutRoom } from "#server/domain/slot-room.ts";
import type { ProposedState, State } from "#server/domain/state.ts";
import { poolLockStatement, readSlotRoom } from "#server/store/claims.ts";
import { withDeploymentSlots } from "#server/store/deployment-slots.ts";
import { factsOf, type LockedFlowRun, lockFlowRuns } from "#server/store/flow-run-changes.ts";
import { readFlowRunSlot, withProposalFacts } from "#server/store/flow-run-proposals.ts";
import { lockLeases } from "#server/store/leases.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { keepingMove, proposeState, storedChange } from "./propose-state.ts";
import type { Writes } from "./take-back.ts";
import { noWakes, wake, type Wakes, writeAttempts } from "./write-attempts.ts";

/** A state that somebody outside proposes for a run: an engine, a Prefect worker, or a person. */
export interface StateProposal {
  readonly flowRunId: string;
  readonly state: ProposedState;
  /** Only the rules that protect results and cancellation apply, and no limits. */
  readonly force: boolean;
  /** The lease it says it comes from; null: it says nothing. */
  readonly claim: LeaseClaim | null;
}

/** What became of a proposal. */
export interface ProposalAnswer {
  readonly answer: Orchestration;
  /** What the run is in now; null where the proposer must look for itself: WAIT and ABORT. */
  readonly state: State | null;
}

/**
 * Proposes a state. Under the run's lock the rules decide, and a run that thereby comes to occupy a
 * slot of its pool is counted under the pool's lock, as a claim counts it. Throws not_found.
 */
export async function setFlowRunState(
  ctx: TransitionContext,
  proposal: StateProposal,
): Promise<ProposalAnswer> {
  const { flowRunId, state, force } = proposal;
  let lockedPoolId: string | null = null;
  if (occupiesSlot(state.type) && !force) {
    const slot = await readFlowRunSlot(ctx.pool, flowRunId);
    if (slot === undefined) throw flowRunNotFound(flowRunId);
    if (!slot.holdsSlot) lockedPoolId = slot.workPoolId;
  }
  for (;;) {
    const wakes = noWakes();
    const done = await inTransaction(
      ctx.pool,
      (tx) => propose(ctx, tx, proposal, lockedPoolId, wakes),
      lockedPoolId === null ? "" : poolLockStatement(lockedPoolId),
    );
    if ("answer" in done) {
      wake(ctx, wakes);
      return done;
    }
    // The run gave its slot back after it was looked at: once more, with the pool's lock first.
    lockedPoolId = done.needsPoolLock;
  }
}

async function propose(
  ctx: TransitionContext,
  tx: Tx,
  { flowRunId, state, force, claim }: StateProposal,
  lockedPoolId: string | null,
  wakes: Wakes,
): Promise<ProposalAnswer | { readonly needsPoolLock: string }> {
  const locked = (await lockFlowRuns(tx, [flowRunId])).get(flowRunId);
  if (locked === undefined) throw flowRunNotFound(flowRunId);
  const fenced = whyFenced(locked, state.type, claim);
  if (fenced !== null) return { answer: { status: "ABORT", reason: fenced }, state: null };
  const [run] = await withDeploymentSlots(tx, [await withProposalFacts(tx, locked)]);
  if (run === undefined) throw flowRunNotFound(flowRunId);
  const answer = proposeState(ctx, run, state, force ? "minimal" : "core");
  const change = storedChange(answer);
  if (change === null) return { answer, state: standing(run, answer) };
  if (!force && occupiesSlot(change.state.type) && !holdsSlot(run)) {
    const { workPoolId, workQueueId } = run;
    if (workPoolId !== null && workQueueId !== null) {
      if (lockedPoolId !== workPoolId) return { needsPoolLock: workPoolId };
      const room = await readSlotRoom(tx, workPoolId, workQueueId);
      const wait = ctx.numbers.concurrencySlotWaitSeconds;
      const refused =
        room === undefined ? null : refuseWithoutRoom(factsOf(run), change.state.type, room, wait);
      if (refused !== null) return { answer: refused, state: standing(run, refused) };
    }
  }
  await store(ctx, tx, run, change, isHolder(run, claim), wakes);
  return { answer, state: change.state };
}

/** The state that stands where an answer shows one. */
function standing(run: LockedFlowRun, answer: Orchestration): State | null {
  return answer.status === "REJECT" ? factsOf(run).state : null;
}

async function store(
  ctx: TransitionContext,
  tx: Tx,
  run: LockedFlowRun,
  change: FlowRunChange,
  byHolder: boolean,
  wakes: Wakes,
): Promise<void> {
  const writes: Writes = { moves: [keepingMove(run, change)], leases: [] };
  // Its agent did not ask for this: it is told to kill what runs, and holds the slot until it has.
  if (run.leased && !byHolder && change.state.type !== run.stateType) {
    const key = { flowRunId: run.id, epoch: run.epoch };
    const [lease] = (await lockLeases(tx, [key])).values();
    const revoking = change.state.type === "CANCELLING" ? "cancelled" : "revoked";
    writes.leases.push({ ...key, revoking });
    if (lease !== undefined) wakes.agents.add(lease.agentId);
  }
  // A slot may be free now, or a run ready.
  if (run.workPoolId !== null) wakes.pools.add(run.workPoolId);
  await writeAttempts(ctx, tx, writes, wakes);
}
