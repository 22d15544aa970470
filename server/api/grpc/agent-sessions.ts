import type { LeaseKey, StopNeeded } from "#server/store/leases.ts";
import type { AgentHoldings } from "#server/store/slot-audit.ts";
import { closeAgentSession } from "#server/transitions/close-agent-session.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import type { GrantedLease } from "#server/transitions/grant-leases.ts";
import type { AgentKey } from "#server/transitions/held-attempts.ts";
import { AppError, messageOf } from "#shared/errors.ts";
import { switchedOn } from "#shared/failpoints.ts";
import type { AgentSession } from "./agent-session.ts";

/** How often streams are judged. Milliseconds. */
const CHECK_EVERY_MS = 500;

/** Bytes of leases in one message; clients refuse messages above 4 MiB. */
const MAX_MESSAGE_BYTES = 512 * 1024;

/** An agent that would take leases. */
export interface Offer extends AgentKey {
  readonly freeSlots: number;
}

/** An agent that was heard of, and the number of its last heartbeat; 0: only its hello. */
export interface SeenBeat extends AgentKey {
  readonly sequence: number;
}

/** Who is connected to this replica. Loops reach agents only through this. */
export class AgentSessions {
  readonly #ctx: TransitionContext;
  readonly #byAgent = new Map<string, AgentSession>();
  readonly #byPool = new Map<string, Set<AgentSession>>();
  readonly #offerListeners = new Set<(workPoolId: string) => void>();
  readonly #closedListeners = new Set<() => void>();
  readonly #timer: ReturnType<typeof setInterval>;
  #draining = false;

  constructor(ctx: TransitionContext) {
    this.#ctx = ctx;
    this.#timer = setInterval(() => this.#check(), CHECK_EVERY_MS);
  }

  /** Refuses new streams from the moment a shutdown has begun. */
  requireOpen(): void {
    if (this.#draining) {
      throw new AppError("shutting_down", "This control plane is shutting down; connect again.");
    }
  }

  /** Makes the session its agent's only one here: an older stream is ended. */
  add(session: AgentSession): void {
    const other = this.#byAgent.get(session.key.agentId);
    const newer = new AppError("stale_session", "The agent has opened a newer session.");
    if (other !== undefined && other.key.session > session.key.session) {
      session.fail(newer);
      return;
    }
    this.#byAgent.set(session.key.agentId, session);
    const pool = this.#byPool.get(session.workPoolId) ?? new Set();
    this.#byPool.set(session.workPoolId, pool.add(session));
    other?.fail(newer);
  }

  /** Forgets a stream that has ended. After a goodbye the agent is offline at once. */
  remove(session: AgentSession, goodbye: boolean): void {
    const pool = this.#byPool.get(session.workPoolId);
    pool?.delete(session);
    if (pool?.size === 0) this.#byPool.delete(session.workPoolId);
    if (this.#byAgent.get(session.key.agentId) === session) {
      this.#byAgent.delete(session.key.agentId);
    }
    if (goodbye) {
      closeAgentSession(this.#ctx, session.key).catch((error: unknown) => {
        // Its silence will say the same a little later.
        this.#ctx.logger.warning("could not store a goodbye", { error: messageOf(error) });
      });
    }
    for (const listener of this.#closedListeners) listener();
  }

  /** Tells the loops that an agent of this pool offers slots. */
  offerChanged(session: AgentSession): void {
    for (const listener of this.#offerListeners) listener(session.workPoolId);
  }

  /** Calls `listener` with a pool's id whenever one of its agents here changes its offer. */
  onOffer(listener: (workPoolId: string) => void): () => void {
    this.#offerListeners.add(listener);
    return () => this.#offerListeners.delete(listener);
  }

  /** The pools that have agents here. */
  pools(): string[] {
    return [...this.#byPool.keys()];
  }

  /** The agents of a pool that would take leases. */
  offers(workPoolId: string): Offer[] {
    return [...(this.#byPool.get(workPoolId) ?? [])]
      .filter((session) => session.freeSlots > 0)
      .map((session) => ({ ...session.key, freeSlots: session.freeSlots }));
  }

  /** The prefetch spans of the agents that would take leases. Milliseconds. */
  prefetchesMs(workPoolId: string): number[] {
    return [...(this.#byPool.get(workPoolId) ?? [])]
      .filter((session) => session.freeSlots > 0)
      .map((session) => session.prefetchMs);
  }

  /**
   * Sends leases to their agents. `serverNow` is the database's clock at this moment. Each lease
   * that cannot be sent, now or within the bound for stuck sends, is handed to `onUnsent` once.
   */
  send(
    leases: readonly GrantedLease[],
    serverNow: number,
    onUnsent: (leases: readonly GrantedLease[], reason: string) => void,
  ): void {
    const askedAt = performance.now();
    const dueInMs = (lease: GrantedLease): number =>
      lease.dueAt - serverNow - (performance.now() - askedAt);
    for (const own of Map.groupBy(leases, ({ agentId }) => agentId).values()) {
      const session = own[0] === undefined ? undefined : this.#byAgent.get(own[0].agentId);
      if (session === undefined || session.key.session !== own[0]?.session) {
        onUnsent(own, "the agent's stream has ended");
        continue;
      }
      for (const group of inMessages(own)) {
        session.sendLeases(group, dueInMs, () => onUnsent(group, "it could not be sent in time"));
      }
    }
  }

  /** All agents connected here. */
  connectedAgents(): string[] {
    return [...this.#byAgent.keys()];
  }

  /** What all agents connected here listed last. */
  holdings(): AgentHoldings[] {
    return [...this.#byAgent.values()].map((session) => ({
      agentId: session.key.agentId,
      held: session.holdings.listed,
    }));
  }

  /** What an agent listed last as held. */
  listedBy(agentId: string): readonly LeaseKey[] {
    return switchedOn("no-fence") ? [] : (this.#byAgent.get(agentId)?.holdings.listed ?? []);
  }

  /** Makes these the stop orders that stand for an agent. */
  deliverStops(agentId: string, stops: readonly StopNeeded[]): void {
    this.#byAgent.get(agentId)?.deliverStops(stops);
  }

  /** The agents heard of since the last call. */
  takeBeats(): SeenBeat[] {
    return [...this.#byAgent.values()].flatMap((session) => {
      const sequence = session.takeBeat();
      return sequence === undefined ? [] : [{ ...session.key, sequence }];
    });
  }

  /** These heartbeats are committed. The agents hear of it with their next ones. */
  beatsStored(beats: readonly SeenBeat[]): void {
    for (const beat of beats) {
      const session = this.#byAgent.get(beat.agentId);
      if (session?.key.session === beat.session) session.beatStored(beat.sequence);
    }
  }

  /**
   * These sessions count no more: what would still be granted or told goes elsewhere. Such an agent
   * connects again, and hears why if it may not. One that holds something is left alone until it has
   * heard its stop orders and let go.
   */
  beatsRefused(beats: readonly SeenBeat[]): void {
    for (const beat of beats) {
      const session = this.#byAgent.get(beat.agentId);
      if (session?.key.session !== beat.session || session.holdings.listed.length > 0) continue;
      session.fail(
        new AppError("stale_session", "The session is not known any more; connect again."),
      );
    }
  }

  /**
   * Asks all agents to reconnect, spread over a second; ends the streams that are left after
   * `graceMs`. No new stream is opened.
   */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    clearInterval(this.#timer);
    for (const session of this.#byAgent.values()) {
      session.askToReconnect(Math.random() * 1_000, "the control plane is shutting down");
    }
    await this.#untilEmpty(graceMs);
    const over = new AppError(
      "shutting_down",
      "This control plane is shutting down; connect again.",
    );
    for (const session of this.#byAgent.values()) session.fail(over);
  }

  async #untilEmpty(graceMs: number): Promise<void> {
    if (this.#byAgent.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    this.#closedListeners.add(() => {
      if (this.#byAgent.size === 0) resolve();
    });
    await promise;
    clearTimeout(timer);
  }

  #check(): void {
    const now = performance.now();
    for (const session of this.#byAgent.values()) session.check(now);
  }
}

/** Cuts leases into messages that any client takes. */
function inMessages(leases: readonly GrantedLease[]): GrantedLease[][] {
  const messages: GrantedLease[][] = [];
  let bytes = Infinity;
  for (const lease of leases) {
    const size =
      lease.parameters.length +
      lease.jobVariables.length +
      lease.deploymentJobVariables.length +
      lease.baseJobTemplate.length +
      (lease.pullSteps?.length ?? 0);
    if (bytes + size > MAX_MESSAGE_BYTES) {
      messages.push([]);
      bytes = 0;
    }
    messages.at(-1)?.push(lease);
    bytes += size;
  }
  return messages;
}
