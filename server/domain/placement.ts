import type { Millis } from "./state.ts";

/** A run that may be granted. */
export interface PlacementCandidate {
  readonly flowRunId: string;
  readonly workQueueId: string;
  /** Of its queue; 1 is served first. */
  readonly priority: number;
  readonly dueAt: Millis;
  /** The limit of its deployment; null or left out: none. */
  readonly limitId?: string | null;
}

/** An agent that has room. */
export interface PlacementAgent {
  readonly agentId: string;
  readonly freeSlots: number;
  /** Null: all queues of the pool. */
  readonly workQueueIds: readonly string[] | null;
  /** How long before it is due it may be given a run. */
  readonly prefetchSeconds: number;
}

/** What a placement is decided on. */
export interface PlacementInput {
  /** In waterfall order: priority, then due time, then id. */
  readonly candidates: readonly PlacementCandidate[];
  readonly agents: readonly PlacementAgent[];
  readonly now: Millis;
  /** Free slots by queue id; null: no limit. A queue that is not named gets nothing. */
  readonly queueFree: ReadonlyMap<string, number | null>;
  /** Null: no limit. */
  readonly poolFree: number | null;
  /** Free slots by limit id; null: no limit. Of a limit that is not named nothing is given. */
  readonly limitFree?: ReadonlyMap<string, number | null>;
}

/** Which run goes to which agent. */
export interface Assignment {
  readonly flowRunId: string;
  readonly agentId: string;
}

/**
 * Gives each candidate, in the order given, to the agent with the most free slots among those that
 * may have it (ties by id). A candidate that cannot be placed is passed over and hides no other. No
 * limit is exceeded at any prefix of the answer.
 */
export function placeRuns(input: PlacementInput): Assignment[] {
  const agents = input.agents
    .map((agent) => ({
      id: agent.agentId,
      free: agent.freeSlots,
      queues: agent.workQueueIds === null ? null : new Set(agent.workQueueIds),
      latestDue: input.now + agent.prefetchSeconds * 1000,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const queueFree = unbounded(input.queueFree);
  const limitFree = unbounded(input.limitFree ?? new Map());
  const room = agents.reduce((sum, agent) => sum + Math.max(0, agent.free), 0);
  let poolFree = Math.min(room, input.poolFree ?? Number.POSITIVE_INFINITY);

  const assignments: Assignment[] = [];
  for (const { flowRunId, workQueueId, dueAt, limitId = null } of input.candidates) {
    if (poolFree <= 0) break;
    const inQueue = queueFree.get(workQueueId) ?? 0;
    const inLimit = limitId === null ? Number.POSITIVE_INFINITY : (limitFree.get(limitId) ?? 0);
    if (inQueue <= 0 || inLimit <= 0) continue;
    let chosen: (typeof agents)[number] | null = null;
    for (const agent of agents) {
      if (agent.free <= (chosen?.free ?? 0) || dueAt > agent.latestDue) continue;
      if (agent.queues?.has(workQueueId) ?? true) chosen = agent;
    }
    if (chosen === null) continue;
    chosen.free -= 1;
    queueFree.set(workQueueId, inQueue - 1);
    if (limitId !== null) limitFree.set(limitId, inLimit - 1);
    poolFree -= 1;
    assignments.push({ flowRunId, agentId: chosen.id });
  }
  return assignments;
}

/** Null, no limit, as a number that is never used up. */
function unbounded(free: ReadonlyMap<string, number | null>): Map<string, number> {
  return new Map([...free].map(([id, slots]) => [id, slots ?? Number.POSITIVE_INFINITY]));
}
