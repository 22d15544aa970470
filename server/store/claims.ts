import type { DeploymentConcurrency } from "#server/domain/flow-run.ts";
import type { LostPolicy } from "#server/domain/lost-agent.ts";
import type { SlotRoom } from "#server/domain/slot-room.ts";
import type { Queryable } from "./database.ts";
import type { LockedFlowRun } from "./flow-run-changes.ts";
import byDeploymentSql from "./sql/claim-candidates-by-deployment.sql" with { type: "text" };
import candidatesSql from "./sql/claim-candidates.sql" with { type: "text" };
import factsSql from "./sql/claim-facts.sql" with { type: "text" };
import lockSql from "./sql/claim-lock.sql" with { type: "text" };
import nextDueSql from "./sql/claim-next-due.sql" with { type: "text" };
import termsSql from "./sql/claim-terms.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** What an agent's session offers: a hint, corrected by counting. */
export interface SlotOffer {
  readonly agentId: string;
  readonly session: number;
  readonly freeSlots: number;
}

/** An agent that may be given leases, with how many its limit really leaves. */
export interface ClaimingAgent {
  readonly agentId: string;
  /** Null: all queues. */
  readonly workQueueIds: readonly string[] | null;
  readonly prefetchSeconds: number;
  readonly freeSlots: number;
}

/** A queue that may be drawn from. */
export interface ClaimableQueue {
  readonly workQueueId: string;
  readonly priority: number;
  /** Null: no limit. */
  readonly freeSlots: number | null;
}

interface CountedQueue extends ClaimableQueue {
  /** It, or its pool. */
  readonly isPaused: boolean;
}

/** What all leases of a pool have in common. JSON is text. */
export interface LeaseTerms {
  readonly baseJobTemplate: string;
  readonly lostPolicy: LostPolicy;
  readonly lostAfterSeconds: number;
}

/** What a claim decides on. */
export interface ClaimFacts {
  readonly agents: readonly ClaimingAgent[];
  readonly queues: readonly ClaimableQueue[];
  /** Null: no limit. */
  readonly poolFree: number | null;
  /** Seconds overdue that count as one priority; null: none do. */
  readonly ageingSeconds: number | null;
  /** The database's clock, in Millis. */
  readonly now: number;
}

/** A run that may start, in waterfall order. */
export interface ClaimCandidate {
  readonly flowRunId: string;
  readonly workQueueId: string;
  readonly priority: number;
  readonly dueAt: number;
  /** The limit of its deployment; null: none. */
  readonly limitId: string | null;
  /** What its deployment does with runs that find no slot; null if it is gone. */
  readonly collisionStrategy: DeploymentConcurrency["strategy"] | null;
}

/** A part of the waiting runs. */
export interface CandidateDraw {
  readonly queues: readonly { workQueueId: string; priority: number; cap: number }[];
  readonly windowSeconds: number;
  readonly limit: number;
  /** Seconds overdue that count as one priority; null: none do. */
  readonly ageingSeconds: number | null;
}

/** A chosen run under its lock, with all that its agent needs. JSON is text. */
export interface ClaimedFlowRun extends LockedFlowRun {
  readonly flowRunName: string;
  readonly flowName: string;
  readonly deploymentName: string | null;
  readonly workQueueName: string;
  readonly deploymentJobVariables: string;
  readonly jobVariables: string;
  readonly parameters: string;
  readonly entrypoint: string | null;
  readonly pullSteps: string | null;
}

/** The statement that takes the pool's lock, to open the claim's transaction with. */
export function poolLockStatement(workPoolId: string): string {
  // The id is one of ours, but it goes into a statement without values: nothing else may pass.
  const key = workPoolId.replace(/[^0-9a-f-]/g, "");
  return `select pg_advisory_xact_lock(730517, hashtext('${key}'))`;
}

/** Counts what the claim may give. Run it after the pool's lock was had, never in one statement. */
export async function readClaimFacts(
  tx: Tx,
  workPoolId: string,
  offers: readonly SlotOffer[],
): Promise<ClaimFacts> {
  const facts = await readFacts(tx, workPoolId, offers);
  return { ...facts, queues: facts.queues.filter((queue) => !queue.isPaused) };
}

/**
 * Counts what the pool's limits leave for a run of that queue. Run it after the pool's lock was
 * had, as a claim does. Undefined if the queue is not the pool's.
 */
export async function readSlotRoom(
  tx: Tx,
  workPoolId: string,
  workQueueId: string,
): Promise<SlotRoom | undefined> {
  const { queues, poolFree } = await readFacts(tx, workPoolId, []);
  const queue = queues.find((one) => one.workQueueId === workQueueId);
  if (queue === undefined) return undefined;
  return { isPaused: queue.isPaused, queueFree: queue.freeSlots, poolFree };
}

async function readFacts(
  tx: Tx,
  workPoolId: string,
  offers: readonly SlotOffer[],
): Promise<Omit<ClaimFacts, "queues"> & { readonly queues: readonly CountedQueue[] }> {
  const { rows } = await tx.query<{
    agents: ClaimingAgent[] | null;
    queues: CountedQueue[] | null;
    poolFree: number | null;
    ageingSeconds: number | null;
    now: number;
  }>({
    name: "claim-facts",
    text: factsSql,
    values: [
      workPoolId,
      offers.map((offer) => offer.agentId),
      offers.map((offer) => offer.session),
      offers.map((offer) => offer.freeSlots),
    ],
  });
  const [row] = rows;
  if (row === undefined) throw new Error("the claim's facts came back without a row");
  return { ...row, agents: row.agents ?? [], queues: row.queues ?? [] };
}

/** The runs that may start within the window, at most `cap` of each queue and `limit` in all. */
export async function readCandidates(tx: Tx, draw: CandidateDraw): Promise<ClaimCandidate[]> {
  const { rows } = await tx.query<ClaimCandidate>({
    name: "claim-candidates",
    text: candidatesSql,
    values: drawValues(draw),
  });
  return rows;
}

/** The same, past any number of runs whose deployment is full; what is full is a guess. */
export async function readCandidatesByDeployment(
  tx: Tx,
  draw: CandidateDraw,
): Promise<ClaimCandidate[]> {
  const { rows } = await tx.query<ClaimCandidate>({
    name: "claim-candidates-by-deployment",
    text: byDeploymentSql,
    values: drawValues(draw),
  });
  return rows;
}

function drawValues({ queues, windowSeconds, limit, ageingSeconds }: CandidateDraw): unknown[] {
  return [
    queues.map((queue) => queue.workQueueId),
    queues.map((queue) => queue.priority),
    queues.map((queue) => queue.cap),
    windowSeconds,
    limit,
    ageingSeconds,
  ];
}

/** Locks the chosen runs; those taken or moved meanwhile do not come back. */
export async function lockClaimed(tx: Tx, ids: readonly string[]): Promise<ClaimedFlowRun[]> {
  const { rows } = await tx.query<ClaimedFlowRun>({
    name: "claim-lock",
    text: lockSql,
    values: [ids],
  });
  return rows;
}

/** What leases of the pool come with. Throws if the pool is gone, which a claim's runs rule out. */
export async function readLeaseTerms(tx: Tx, workPoolId: string): Promise<LeaseTerms> {
  const { rows } = await tx.query<LeaseTerms>({
    name: "claim-terms",
    text: termsSql,
    values: [workPoolId],
  });
  const [terms] = rows;
  if (terms === undefined) throw new Error(`work pool ${workPoolId} is gone`);
  return terms;
}

/** When the next run of these queues beyond the window comes due. */
export async function readNextDue(
  db: Queryable,
  workQueueIds: readonly string[],
  windowSeconds: number,
): Promise<number | null> {
  const { rows } = await db.query<{ nextDueAt: number | null }>({
    name: "claim-next-due",
    text: nextDueSql,
    values: [workQueueIds, windowSeconds],
  });
  return rows[0]?.nextDueAt ?? null;
}
