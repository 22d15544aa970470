import { isDatabaseAway } from "#server/store/database-away.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { type GrantedLease, grantLeases } from "#server/transitions/grant-leases.ts";
import { returnLeases } from "#server/transitions/return-leases.ts";
import { backoffMs } from "#shared/backoff.ts";
import { messageOf } from "#shared/errors.ts";
import { failpoint } from "#shared/failpoints.ts";
import type { LeaseSink } from "./dispatcher.ts";

const RETRY = { firstMs: 100, maxMs: 5_000 };

/** Longest time a timer is set for: the slow poll looks again before. */
const MAX_TIMER_MS = 60_000;

/** What a pool's dispatch needs. */
interface PoolDispatchOptions {
  readonly ctx: TransitionContext;
  readonly sink: LeaseSink;
}

/** The claims of one pool in this replica: never two at once, and one more for what came meanwhile. */
export class PoolDispatch {
  readonly #workPoolId: string;
  readonly #options: PoolDispatchOptions;
  #running: Promise<void> | undefined;
  #again = false;
  #failures = 0;
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(workPoolId: string, options: PoolDispatchOptions) {
    this.#workPoolId = workPoolId;
    this.#options = options;
  }

  /** Whether a claim is under way. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Looks for something to grant, now or after the claim that is under way. */
  wake(): void {
    this.#again = true;
    if (!this.#stopped) this.#running ??= this.#run();
  }

  /** Claims nothing more; resolves when the claim under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    // What wakes in this turn of the event loop is one claim.
    await new Promise<void>((resolve) => setImmediate(resolve));
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#claim();
      }
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      const delayMs = backoffMs(RETRY, this.#failures, Math.random());
      this.#log(error);
      this.#wakeAfter(delayMs);
    } finally {
      this.#running = undefined;
    }
  }

  async #claim(): Promise<void> {
    const { ctx, sink } = this.#options;
    const offers = sink.offers(this.#workPoolId);
    if (offers.length === 0) return;
    const claim = await grantLeases(ctx, this.#workPoolId, offers);
    if (claim.leases.length > 0) {
      failpoint("server.claim-committed");
      sink.send(claim.leases, claim.serverNow, (leases, reason) => this.#takeBack(leases, reason));
    }
    if (claim.more) this.#again = true;
    else this.#setTimer(claim.nextDueAt, claim.serverNow);
  }

  /**
   * Sets the timer for the next instant at which a run comes into the prefetch window of an agent
   * that has room. If it is in all windows already, it waits for something else than time.
   */
  #setTimer(nextDueAt: number | null, serverNow: number): void {
    clearTimeout(this.#timer);
    if (nextDueAt === null) return;
    const waits = [0, ...this.#options.sink.prefetchesMs(this.#workPoolId)]
      .map((prefetchMs) => nextDueAt - prefetchMs - serverNow)
      .filter((waitMs) => waitMs > 0);
    const waitMs = Math.min(...waits);
    if (waitMs <= MAX_TIMER_MS) this.#wakeAfter(waitMs);
  }

  #wakeAfter(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.wake(), Math.max(1, Math.ceil(delayMs)));
  }

  /** Gives back leases that no agent has seen. If that fails, they expire unaccepted. */
  #takeBack(leases: readonly GrantedLease[], reason: string): void {
    const { ctx } = this.#options;
    ctx.logger.info("leases could not be sent and are taken back", {
      leases: leases.length,
      reason,
    });
    const items = leases.map(({ agentId, session, flowRunId, epoch }) => ({
      agentId,
      session,
      flowRunId,
      epoch,
      reason,
    }));
    returnLeases(ctx, items).catch((error: unknown) => this.#log(error));
  }

  #log(error: unknown): void {
    const { logger } = this.#options.ctx;
    const fields = { pool: this.#workPoolId, error: messageOf(error) };
    if (isDatabaseAway(error)) logger.warning("cannot grant leases: the database is away", fields);
    else
      logger.error("could not grant leases", {
        ...fields,
        stack: error instanceof Error ? error.stack : undefined,
      });
  }
}
