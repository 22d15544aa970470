/** A queue as the model sees it. */
export interface ModelQueue {
  readonly name: string;
  readonly priority: number;
  readonly limit: number | null;
  readonly isPaused: boolean;
}

/** A run as the model sees it; `dueIn`: seconds from now. */
export interface ModelRun {
  readonly id: string;
  readonly queue: string;
  readonly dueIn: number;
}

/** An agent as the model sees it. */
export interface ModelAgent {
  readonly limit: number;
  readonly queues: readonly string[];
  readonly prefetchSeconds: number;
}

/** What a claim is made on. */
export interface ModelWorld {
  readonly poolLimit: number | null;
  readonly isPaused: boolean;
  /** Seconds overdue that count as one priority; null: none do. */
  readonly ageing: number | null;
  readonly queues: readonly ModelQueue[];
  readonly runs: readonly ModelRun[];
  readonly agent: ModelAgent;
}

/**
 * Which runs one agent is given by a claim, in order: the rules of the waterfall said once more, as
 * plainly as can be, and slowly. Run by run: the best that still fits.
 */
export function waterfall(world: ModelWorld): string[] {
  const { poolLimit, isPaused, ageing, queues, runs, agent } = world;
  const taken: ModelRun[] = [];
  const takenOf = (queue: string): number => taken.filter((run) => run.queue === queue).length;
  const fits = (run: ModelRun): boolean => {
    const queue = queues.find(({ name }) => name === run.queue);
    if (queue === undefined || isPaused || queue.isPaused) return false;
    if (agent.queues.length > 0 && !agent.queues.includes(queue.name)) return false;
    if (run.dueIn > agent.prefetchSeconds) return false;
    if (queue.limit !== null && takenOf(queue.name) >= queue.limit) return false;
    return taken.length < Math.min(poolLimit ?? Infinity, agent.limit);
  };
  const priority = (run: ModelRun): number => {
    const ofQueue = queues.find(({ name }) => name === run.queue)?.priority ?? Infinity;
    const aged = ageing === null ? 0 : Math.floor(Math.max(0, -run.dueIn) / ageing);
    return Math.max(1, ofQueue - aged);
  };
  for (;;) {
    const [best] = runs
      .filter((run) => !taken.includes(run) && fits(run))
      .sort((a, b) => priority(a) - priority(b) || a.dueIn - b.dueIn || (a.id < b.id ? -1 : 1));
    if (best === undefined) return taken.map(({ id }) => id);
    taken.push(best);
  }
}
