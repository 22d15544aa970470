import type { TransitionContext } from "#server/transitions/context.ts";
import type { GrantedLease } from "#server/transitions/grant-leases.ts";
import { PoolDispatch } from "./pool-dispatch.ts";

/** An agent that would take leases. */
export interface AgentOffer {
  readonly agentId: string;
  readonly session: number;
  readonly freeSlots: number;
}

/** The way to the agents of this replica. */
export interface LeaseSink {
  /** The pools that have agents here. */
  pools(): string[];
  /** The agents of a pool that would take leases. */
  offers(workPoolId: string): AgentOffer[];
  /** The prefetch spans of those agents. Milliseconds. */
  prefetchesMs(workPoolId: string): number[];
  /** Sends leases; those that cannot be sent are handed to `onUnsent`, each once. */
  send(
    leases: readonly GrantedLease[],
    serverNow: number,
    onUnsent: (leases: readonly GrantedLease[], reason: string) => void,
  ): void;
  /** Calls back when an agent of a pool changes its offer. */
  onOffer(listener: (workPoolId: string) => void): () => void;
}

/** How the dispatcher goes about it. */
export interface DispatcherOptions {
  readonly ctx: TransitionContext;
  readonly sink: LeaseSink;
  /** Milliseconds between looks that nothing asked for, before jitter. */
  readonly pollMs: number;
}

/**
 * Grants leases to the agents of this replica: for each pool that has some, one claim at a time,
 * whenever something may have become claimable. What wakes it is only a hint; the slow poll finds
 * what no hint told of.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #pools = new Map<string, PoolDispatch>();
  readonly #unsubscribe: (() => void)[];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { sink, ctx } = options;
    this.#unsubscribe = [
      sink.onOffer((workPoolId) => this.#dispatch(workPoolId)),
      ctx.wakeUps.on("pool", (workPoolId) => {
        if (sink.offers(workPoolId).length > 0) this.#dispatch(workPoolId);
      }),
      ctx.wakeUps.onMissed(() => this.#dispatchAll()),
    ];
    this.#dispatchAll();
    this.#scheduleSlowPoll();
  }

  /** Grants nothing more; resolves when the last claim is over and sent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop()));
  }

  #dispatch(workPoolId: string): void {
    if (this.#stopped) return;
    const pool = this.#pools.get(workPoolId) ?? new PoolDispatch(workPoolId, this.#options);
    this.#pools.set(workPoolId, pool);
    pool.wake();
  }

  #dispatchAll(): void {
    for (const workPoolId of this.#options.sink.pools()) this.#dispatch(workPoolId);
  }

  #scheduleSlowPoll(): void {
    const delayMs = this.#options.pollMs * (0.75 + 0.5 * Math.random());
    this.#timer = setTimeout(() => {
      this.#forgetDeserted();
      this.#dispatchAll();
      this.#scheduleSlowPoll();
    }, delayMs);
  }

  #forgetDeserted(): void {
    const served = new Set(this.#options.sink.pools());
    for (const [workPoolId, pool] of this.#pools) {
      if (served.has(workPoolId) || pool.busy) continue;
      void pool.stop();
      this.#pools.delete(workPoolId);
    }
  }
}
