import { type LeaseKey, stopsForAgents, type StopNeeded } from "#server/store/leases.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { messageOf } from "#shared/errors.ts";

/** The way to the agents of this replica. */
export interface StopSink {
  /** All agents connected here. */
  connectedAgents(): string[];
  /** What an agent listed last as held. */
  listedBy(agentId: string): readonly LeaseKey[];
  /** Makes these the orders that stand for an agent; it is told of those that are new. */
  deliverStops(agentId: string, stops: readonly StopNeeded[]): void;
}

/**
 * Brings stop orders to the agents of this replica: for one agent when a wake-up names it, for all
 * with one statement from time to time, because a wake-up may be lost.
 */
export class StopCourier {
  readonly #ctx: TransitionContext;
  readonly #sink: StopSink;
  readonly #unsubscribe: (() => void)[];
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #due = new Set<string>();
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(ctx: TransitionContext, sink: StopSink, pollMs: number) {
    this.#ctx = ctx;
    this.#sink = sink;
    const lookAtAll = (): void => this.#look(sink.connectedAgents());
    this.#unsubscribe = [
      ctx.wakeUps.on("agent", (agentId) => this.#look([agentId])),
      ctx.wakeUps.onMissed(lookAtAll),
    ];
    this.#timer = setInterval(lookAtAll, pollMs);
  }

  /** Brings nothing more; resolves when the statement under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    clearInterval(this.#timer);
    await this.#running;
  }

  #look(agentIds: readonly string[]): void {
    for (const agentId of agentIds) this.#due.add(agentId);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // What wakes in this turn of the event loop is one statement.
    await new Promise<void>((resolve) => setImmediate(resolve));
    try {
      while (this.#due.size > 0 && !this.#stopped) {
        const connected = new Set(this.#sink.connectedAgents());
        const agentIds = [...this.#due].filter((agentId) => connected.has(agentId));
        this.#due.clear();
        if (agentIds.length > 0) await this.#deliver(agentIds);
      }
    } catch (error) {
      // The next poll, or the agent's next hello, brings what stands.
      this.#ctx.logger.warning("could not read stop orders", { error: messageOf(error) });
    } finally {
      this.#running = undefined;
    }
  }

  async #deliver(agentIds: string[]): Promise<void> {
    const { pool, numbers } = this.#ctx;
    const listed = agentIds.flatMap((agentId) =>
      this.#sink.listedBy(agentId).map((key) => ({ ...key, agentId })),
    );
    // By then the end of an attempt that was told in order is known to its agent.
    const settled = numbers.heartbeatSeconds * 2;
    const found = await stopsForAgents(pool, agentIds, listed, settled);
    const stops = Map.groupBy(found, (stop) => stop.agentId);
    for (const agentId of agentIds) this.#sink.deliverStops(agentId, stops.get(agentId) ?? []);
  }
}
