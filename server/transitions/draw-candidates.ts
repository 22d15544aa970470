import {
  type CandidateDraw,
  type ClaimCandidate,
  type ClaimFacts,
  readCandidates,
  readCandidatesByDeployment,
} from "#server/store/claims.ts";
import {
  type CountedLimit,
  lockAndCountLimits,
  readLimitUse,
} from "#server/store/concurrency-limit-locks.ts";
import type { Tx } from "#server/store/transaction.ts";

/** Most leases granted in one transaction: beyond this the wait grows faster than the yield. */
export const CLAIM_BATCH = 100;

/** What may be granted. */
export interface Draw {
  readonly candidates: readonly ClaimCandidate[];
  /** Whether there may be more. */
  readonly limited: boolean;
  /** The limits of the candidates' deployments: locked, then counted. */
  readonly limits: ReadonlyMap<string, CountedLimit>;
}

/**
 * Reads what may be granted. Where every agent can take every candidate, a batch in waterfall order
 * is enough; where they differ, as many of each queue as its own agents have room for, so that runs
 * which nobody here may take hide no others. Limits of deployments are locked only where a candidate
 * has one.
 */
export async function drawCandidates(tx: Tx, facts: ClaimFacts): Promise<Draw> {
  const agents = facts.agents.filter((agent) => agent.freeSlots > 0);
  const room = Math.min(CLAIM_BATCH, sum(agents), facts.poolFree ?? CLAIM_BATCH);
  if (room <= 0) return NOTHING;
  const queues = facts.queues.flatMap(({ workQueueId, priority, freeSlots }) => {
    const served = agents.filter((a) => a.workQueueIds?.includes(workQueueId) ?? true);
    const cap = Math.min(room, sum(served), freeSlots ?? room);
    return cap > 0 ? [{ workQueueId, priority, cap }] : [];
  });
  if (queues.length === 0) return NOTHING;
  const [first] = agents;
  const alike = agents.every(
    (a) => a.workQueueIds === null && a.prefetchSeconds === first?.prefetchSeconds,
  );
  const draw = {
    queues,
    windowSeconds: largestPrefetch(facts),
    limit: alike ? room : CLAIM_BATCH * 10,
    ageingSeconds: facts.ageingSeconds,
  };
  const candidates = await pastFullDeployments(tx, await readCandidates(tx, draw), draw);
  const limitIds = limitsOf(candidates);
  return {
    candidates,
    limited: candidates.length >= room,
    limits:
      limitIds.size === 0 ? new Map() : await lockAndCountLimits(tx, { ids: [...limitIds.keys()] }),
  };
}

/** The span before it is due in which a run may be granted to some agent. Seconds. */
export function largestPrefetch(facts: ClaimFacts): number {
  return Math.max(0, ...facts.agents.map((agent) => agent.prefetchSeconds));
}

/**
 * The candidates, drawn anew if some of them seem to find no slot: they would hide runs behind them.
 * This looks without locks, which then are taken of all limits at once, in their order.
 */
async function pastFullDeployments(
  tx: Tx,
  drawn: ClaimCandidate[],
  draw: CandidateDraw,
): Promise<ClaimCandidate[]> {
  const wanted = limitsOf(drawn);
  if (wanted.size === 0) return drawn;
  const use = await readLimitUse(tx, [...wanted.keys()]);
  const fits = [...wanted].every(([id, runs]) => runs <= (use.get(id)?.free ?? Infinity));
  return fits ? drawn : readCandidatesByDeployment(tx, draw);
}

/** How many of the candidates each limit is asked for. */
function limitsOf(candidates: readonly ClaimCandidate[]): Map<string, number> {
  const runs = new Map<string, number>();
  for (const { limitId } of candidates) {
    if (limitId !== null) runs.set(limitId, (runs.get(limitId) ?? 0) + 1);
  }
  return runs;
}

function sum(agents: readonly { readonly freeSlots: number }[]): number {
  return agents.reduce((total, agent) => total + Math.max(0, agent.freeSlots), 0);
}

const NOTHING: Draw = { candidates: [], limited: false, limits: new Map() };
