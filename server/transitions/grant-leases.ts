import type { FlowRunChange, FlowRunKind, Orchestration } from "#server/domain/flow-run.ts";
import { placeRuns } from "#server/domain/placement.ts";
import { turnedAway } from "#server/domain/turned-away.ts";
import { changeFlowRuns, type FlowRunMove } from "#server/store/flow-run-changes.ts";
import {
  type ClaimedFlowRun,
  type ClaimFacts,
  type LeaseTerms,
  lockClaimed,
  poolLockStatement,
  readClaimFacts,
  readLeaseTerms,
  readNextDue,
  type SlotOffer,
} from "#server/store/claims.ts";
import type { CountedLimit } from "#server/store/concurrency-limit-locks.ts";
import { concurrencyOf, readSlotTerms } from "#server/store/deployment-slots.ts";
import { insertLeases, leaseKeyText, type LeaseKey, type NewLease } from "#server/store/leases.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { CLAIM_BATCH, drawCandidates, largestPrefetch } from "./draw-candidates.ts";
import { readLeaseReferences } from "./lease-references.ts";
import { proposeState, storedChange } from "./propose-state.ts";

/** A lease as committed, with all that its agent needs. JSON is text, times are Millis. */
export interface GrantedLease extends LeaseKey, LeaseTerms {
  readonly agentId: string;
  readonly session: number;
  readonly attempt: number;
  /** The replica's monotonic clock, in ms, when the database had stamped the grant. */
  readonly stampedAtMs: number;
  readonly dueAt: number;
  readonly flowRunName: string;
  readonly flowId: string;
  readonly flowName: string;
  readonly deploymentId: string | null;
  readonly deploymentName: string | null;
  readonly workQueueName: string;
  readonly kind: FlowRunKind;
  readonly deploymentJobVariables: string;
  readonly jobVariables: string;
  readonly parameters: string;
  readonly entrypoint: string | null;
  readonly pullSteps: string | null;
  /** What the job configuration refers to, secrets included; empty: nothing. Never stored or logged. */
  readonly references: string;
}

/** What one claim gave. */
export interface Claim {
  readonly leases: readonly GrantedLease[];
  /** When the next run beyond the agents' windows is due; null if none, or if there may be more now. */
  readonly nextDueAt: number | null;
  /** The database's clock at the grant. */
  readonly serverNow: number;
  /** Whether a further claim may give more at once. */
  readonly more: boolean;
}

/**
 * Grants leases of one pool to the agents that offer slots: one transaction under the pool's lock,
 * so that limits hold over all replicas at every instant. Committed before anything is sent.
 */
export async function grantLeases(
  ctx: TransitionContext,
  workPoolId: string,
  offers: readonly SlotOffer[],
): Promise<Claim> {
  const sessions = new Map(offers.map((offer) => [offer.agentId, offer.session]));
  const claim = await inTransaction(
    ctx.pool,
    async (tx) => {
      const facts = await readClaimFacts(tx, workPoolId, offers);
      const { candidates, limited, limits } = await drawCandidates(tx, facts);
      const placed = placeRuns({
        candidates,
        agents: facts.agents,
        queueFree: new Map(facts.queues.map((queue) => [queue.workQueueId, queue.freeSlots])),
        poolFree: facts.poolFree,
        now: facts.now,
        limitFree: new Map([...limits].map(([id, { free }]) => [id, free])),
      }).slice(0, CLAIM_BATCH);
      const agentOf = new Map(placed.map((p) => [p.flowRunId, p.agentId]));
      const refused = turnedAway(candidates, new Set(agentOf.keys()), limits, facts.now);
      const chosen = { agentOf, refused: refused.slice(0, CLAIM_BATCH), limits };
      const some = placed.length > 0 || refused.length > 0;
      const written = some
        ? await writeGrants(ctx, tx, workPoolId, chosen, sessions)
        : { leases: [], moved: [] };
      return { facts, ...written, more: some && limited };
    },
    poolLockStatement(workPoolId),
  );
  for (const id of claim.moved) ctx.wakeUps.emit("flowRun", id);
  const nextDueAt = claim.more ? null : await nextDue(ctx, claim.facts);
  return {
    leases: claim.leases,
    nextDueAt,
    serverNow: claim.facts.now,
    more: claim.more,
  };
}

/** What a claim has decided. */
interface Chosen {
  /** The runs to grant, in waterfall order, with the agent of each. */
  readonly agentOf: ReadonlyMap<string, string>;
  /** Runs whose deployment is full and lets none wait. */
  readonly refused: readonly string[];
  /** The limits that were locked. */
  readonly limits: ReadonlyMap<string, CountedLimit>;
}

async function writeGrants(
  ctx: TransitionContext,
  tx: Tx,
  workPoolId: string,
  { agentOf, refused, limits }: Chosen,
  sessions: ReadonlyMap<string, number>,
): Promise<{ leases: GrantedLease[]; moved: string[] }> {
  const ids = [...agentOf.keys(), ...refused];
  const [claimed, terms, slotTerms] = await Promise.all([
    lockClaimed(tx, ids),
    readLeaseTerms(tx, workPoolId),
    limits.size === 0 ? new Map() : readSlotTerms(tx, ids),
  ]);
  const runs = new Map(claimed.map((run) => [run.id, run]));
  const moves: FlowRunMove[] = [];
  const leases: NewLease[] = [];
  const granted: ClaimedFlowRun[] = [];
  const taken = new Map<string, number>();
  for (const id of ids) {
    const found = runs.get(id);
    if (found === undefined) continue;
    const run = withSlots(found, limits, slotTerms, taken);
    if (run === undefined) continue;
    const agentId = agentOf.get(id);
    const answer = proposeState(ctx, run, { type: "PENDING" });
    const change = storedChange(answer) ?? cancelledChange(ctx, run, answer);
    const isGranted = answer.status === "ACCEPT";
    // There is a slot after all, or it may be waited for: the run stays as it is.
    if (change === null || (isGranted ? agentId === undefined : change.state.type === "SCHEDULED"))
      continue;
    const epoch = isGranted ? run.epoch + 1 : run.epoch;
    moves.push({ run, change, epoch, leased: isGranted });
    if (!isGranted || agentId === undefined) continue;
    const { concurrencyLimitId: limitId } = run;
    if (limitId !== null) taken.set(limitId, (taken.get(limitId) ?? 0) + 1);
    granted.push(run);
    const submittedAt = run.epoch === 0 ? run.createdAt : run.stateAt;
    const eligibleAt = Math.max(run.nextStartAt ?? submittedAt, submittedAt);
    leases.push({ flowRunId: run.id, epoch, agentId, submittedAt, eligibleAt });
  }
  const [, attempts] = await Promise.all([
    changeFlowRuns(tx, moves),
    leases.length === 0 ? new Map<string, number>() : insertLeases(tx, leases),
  ]);
  const stampedAtMs = performance.now();
  const references = await readLeaseReferences(
    ctx,
    tx,
    granted.map((run) => ({ ...run, ...terms })),
  );
  return {
    moved: moves.map(({ run }) => run.id),
    leases: granted.map((run, index) => {
      const agentId = agentOf.get(run.id) ?? "";
      const key = { flowRunId: run.id, epoch: run.epoch + 1 };
      return {
        ...terms,
        ...leaseContent(run),
        ...key,
        agentId,
        session: sessions.get(agentId) ?? 0,
        stampedAtMs,
        attempt: attempts.get(leaseKeyText(key)) ?? 1,
        references: references[index] ?? "",
      };
    }),
  };
}

/**
 * The run with what its deployment's limit says after those that this claim has `taken`. Undefined if
 * it has a limit that is not locked, because it was set only now: the next claim has it.
 */
function withSlots(
  run: ClaimedFlowRun,
  limits: ReadonlyMap<string, CountedLimit>,
  slotTerms: Awaited<ReturnType<typeof readSlotTerms>>,
  taken: ReadonlyMap<string, number>,
): ClaimedFlowRun | undefined {
  if (run.concurrencyLimitId === null) return run;
  const limit = limits.get(run.concurrencyLimitId);
  const own = slotTerms.get(run.id);
  if (limit === undefined || own === undefined) return undefined;
  if (!limit.active) return run;
  const held = limit.held + (taken.get(limit.id) ?? 0);
  return { ...run, concurrency: concurrencyOf({ limit: limit.limit, held }, own) };
}

/**
 * A run that the rules will never let an agent have would be chosen again by every claim and hide
 * those behind it: it is cancelled, with the rules' reason.
 */
function cancelledChange(
  ctx: TransitionContext,
  run: ClaimedFlowRun,
  answer: Orchestration,
): FlowRunChange | null {
  if (answer.status !== "ABORT") return null;
  const message = `It can never be started: ${answer.reason}`;
  return storedChange(proposeState(ctx, run, { type: "CANCELLED", message }, "minimal"));
}

function leaseContent(
  run: ClaimedFlowRun,
): Omit<
  GrantedLease,
  | "agentId"
  | "session"
  | "attempt"
  | "stampedAtMs"
  | "epoch"
  | "flowRunId"
  | "references"
  | keyof LeaseTerms
> {
  return {
    dueAt: run.nextStartAt ?? run.now,
    flowRunName: run.flowRunName,
    flowId: run.flowId,
    flowName: run.flowName,
    deploymentId: run.deploymentId,
    deploymentName: run.deploymentName,
    workQueueName: run.workQueueName,
    kind: run.kind,
    deploymentJobVariables: run.deploymentJobVariables,
    jobVariables: run.jobVariables,
    parameters: run.parameters,
    entrypoint: run.entrypoint,
    pullSteps: run.pullSteps,
  };
}

async function nextDue(ctx: TransitionContext, facts: ClaimFacts): Promise<number | null> {
  const ids = facts.queues.map((queue) => queue.workQueueId);
  return ids.length === 0 ? null : await readNextDue(ctx.pool, ids, largestPrefetch(facts));
}
