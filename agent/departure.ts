import type { Clock } from "#shared/clock.ts";
import type { Agent } from "./agent.ts";
import type { Reports } from "./reports.ts";

/** How an agent ended by itself. */
export type AgentEnd =
  /** Nothing runs any more. `undelivered` attempts have reports or lines that the next start sends. */
  | { readonly kind: "finished"; readonly undelivered: number }
  | { readonly kind: "refused"; readonly error: Error };

/** What the departure looks at. */
export interface DepartureOptions {
  readonly agent: Agent;
  readonly reports: Reports;
  readonly clock: Clock;
  readonly runOnce: boolean;
}

/** How long an agent of one round waits for a lease, and after each. */
const QUIET_MS = 2000;
/** How long the last reports and lines may take when nothing runs any more. */
const DELIVERY_MS = 15_000;

/** Decides when the agent is through. */
export class Departure {
  readonly #options: DepartureOptions;
  readonly #ended = Promise.withResolvers<AgentEnd>();
  #leaving = false;
  #draining = false;
  #quietTimer: ReturnType<typeof setTimeout> | undefined;
  #deliveryTimer: ReturnType<typeof setTimeout> | undefined;
  #firstConnected = true;

  constructor(options: DepartureOptions) {
    this.#options = options;
  }

  /** Resolves when the agent is through, or was refused. */
  get ended(): Promise<AgentEnd> {
    return this.#ended.promise;
  }

  /** A stream is open. With the first one, the one round begins. */
  connected(): void {
    if (!this.#firstConnected) return;
    this.#firstConnected = false;
    if (this.#options.runOnce) this.#waitForQuiet(this.#options.clock.monotonic());
  }

  /** The control plane refused the agent. */
  refused(error: Error): void {
    this.#ended.resolve({ kind: "refused", error });
  }

  /** Takes no more work, gives back what was not started, and ends when the rest is through. */
  drain(reason: string): void {
    this.#draining = true;
    this.#options.agent.takeNoMore();
    this.#options.agent.giveBack(reason);
    this.#leave();
  }

  /** Something changed: looks whether everything is through. */
  look(): void {
    const { agent, reports } = this.#options;
    if (!this.#leaving || this.#isBusy()) return;
    if (agent.attempts.length === 0 && reports.count === 0) {
      this.#ended.resolve({ kind: "finished", undelivered: 0 });
      return;
    }
    this.#deliveryTimer ??= setTimeout(() => {
      this.#deliveryTimer = undefined;
      if (this.#isBusy()) return;
      const undelivered = Math.max(agent.attempts.length, reports.count);
      this.#ended.resolve({ kind: "finished", undelivered });
    }, DELIVERY_MS);
  }

  /** Looks no more. */
  close(): void {
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#deliveryTimer);
  }

  /** While draining, only a lease with an open question waits, and its answer may never come. */
  #isBusy(): boolean {
    const { agent } = this.#options;
    return agent.running.length > 0 || (!this.#draining && agent.waiting.length > 0);
  }

  #waitForQuiet(since: number): void {
    const { agent, clock } = this.#options;
    const quietAt = Math.max(since, agent.lastGrantAt) + QUIET_MS;
    this.#quietTimer = setTimeout(
      () => {
        if (Math.max(since, agent.lastGrantAt) + QUIET_MS > clock.monotonic()) {
          this.#waitForQuiet(since);
          return;
        }
        agent.takeNoMore();
        this.#leave();
      },
      Math.max(0, quietAt - clock.monotonic()),
    );
  }

  #leave(): void {
    this.#leaving = true;
    this.look();
  }
}
