import type { FlowRunChange, FlowRunKind, Orchestration } from "#server/domain/flow-run.ts";
import { placeRuns } from "#server/domain/placement.ts";
import { changeFlowRuns, type FlowRunMove } from "#server/store/flow-run-changes.ts";
import {
  type ClaimCandidate,
  type ClaimedFlowRun,
  type ClaimFacts,
  type LeaseTerms,
  lockClaimed,
  poolLockStatement,
  readCandidates,
  readClaimFacts,
  readLeaseTerms,
  readNextDue,
  type SlotOffer,
} from "#server/store/claims.ts";
import { insertLeases, leaseKeyText, type LeaseKey, type NewLease } from "#server/store/leases.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { readLeaseReferences } from "./lease-references.ts";
import { proposeState, storedChange } from "./propose-state.ts";

/** Most leases granted in one transaction: beyond this the wait grows faster than the yield. */
const CLAIM_BATCH = 100;

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
      const { candidates, limited } = await drawCandidates(tx, facts);
      const placed = placeRuns({
        candidates,
        agents: facts.agents,
        queueFree: new Map(facts.queues.map((queue) => [queue.workQueueId, queue.freeSlots])),
        poolFree: facts.poolFree,
        now: facts.now,
      }).slice(0, CLAIM_BATCH);
      const leases =
        placed.length === 0
          ? []
          : await writeGrants(
              ctx,
              tx,
              workPoolId,
              new Map(placed.map((p) => [p.flowRunId, p.agentId])),
              sessions,
            );
      return { facts, leases, more: placed.length > 0 && limited };
    },
    poolLockStatement(workPoolId),
  );
  for (const lease of claim.leases) ctx.wakeUps.emit("flowRun", lease.flowRunId);
  const nextDueAt = claim.more ? null : await nextDue(ctx, claim.facts);
  return {
    leases: claim.leases,
    nextDueAt,
    serverNow: claim.facts.now,
    more: claim.more,
  };
}

/**
 * Reads what may be granted. Where every agent can take every candidate, a batch in waterfall order
 * is enough; where they differ, as many of each queue as its own agents have room for, so that runs
 * which nobody here may take hide no others.
 */
async function drawCandidates(
  tx: Tx,
  facts: ClaimFacts,
): Promise<{ candidates: ClaimCandidate[]; limited: boolean }> {
  const agents = facts.agents.filter((agent) => agent.freeSlots > 0);
  const room = Math.min(CLAIM_BATCH, sum(agents), facts.poolFree ?? CLAIM_BATCH);
  if (room <= 0) return { candidates: [], limited: false };
  const queues = facts.queues.flatMap(({ workQueueId, priority, freeSlots }) => {
    const served = agents.filter((a) => a.workQueueIds?.includes(workQueueId) ?? true);
    const cap = Math.min(room, sum(served), freeSlots ?? room);
    return cap > 0 ? [{ workQueueId, priority, cap }] : [];
  });
  const [first] = agents;
  const alike = agents.every(
    (a) => a.workQueueIds === null && a.prefetchSeconds === first?.prefetchSeconds,
  );
  const limit = alike ? room : CLAIM_BATCH * 10;
  const candidates =
    queues.length === 0 ? [] : await readCandidates(tx, queues, largestPrefetch(facts), limit);
  return { candidates, limited: candidates.length >= room };
}

async function writeGrants(
  ctx: TransitionContext,
  tx: Tx,
  workPoolId: string,
  agentOf: ReadonlyMap<string, string>,
  sessions: ReadonlyMap<string, number>,
): Promise<GrantedLease[]> {
  const [claimed, terms] = await Promise.all([
    lockClaimed(tx, [...agentOf.keys()]),
    readLeaseTerms(tx, workPoolId),
  ]);
  const moves: FlowRunMove[] = [];
  const leases: NewLease[] = [];
  const granted: ClaimedFlowRun[] = [];
  for (const run of claimed) {
    const agentId = agentOf.get(run.id);
    const answer = proposeState(ctx, run, { type: "PENDING" });
    const change = storedChange(answer) ?? cancelledChange(ctx, run, answer);
    if (agentId === undefined || change === null) continue;
    const isGranted = answer.status === "ACCEPT";
    const epoch = isGranted ? run.epoch + 1 : run.epoch;
    moves.push({ run, change, epoch, leased: isGranted });
    if (!isGranted) continue;
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
  const order = new Map([...agentOf.keys()].map((id, index) => [id, index]));
  return granted
    .map((run, index) => {
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
    })
    .sort((a, b) => (order.get(a.flowRunId) ?? 0) - (order.get(b.flowRunId) ?? 0));
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

function largestPrefetch(facts: ClaimFacts): number {
  return Math.max(0, ...facts.agents.map((agent) => agent.prefetchSeconds));
}

function sum(agents: readonly { readonly freeSlots: number }[]): number {
  return agents.reduce((total, agent) => total + Math.max(0, agent.freeSlots), 0);
}
