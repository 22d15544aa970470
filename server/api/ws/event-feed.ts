import type { EventMessage } from "#server/domain/event-filter.ts";
import { readEventRange } from "#server/store/client-events.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { messageOf } from "#shared/errors.ts";
import { writeEvent } from "./event-messages.ts";

/** Between two looks that nothing woke. */
const POLL_MS = 2_000;
/** Between two looks at least: what comes in a burst is read together. */
const PAUSE_MS = 100;
/** How late a transaction may commit an event, and how far clocks of replicas may differ. */
const LOOK_BACK_MS = 5_000;
const LOOK_AHEAD_MS = 60_000;
/** Days that are read begin so long before: an event occurs before it is told. */
const TOLD_LATE_MS = 3_600_000;
const PAGE = 1_000;

/** Somebody who wants to know of events as they come. */
export interface Subscriber {
  /** The names that are wanted; null: any. */
  readonly names: readonly string[] | null;
  readonly receive: (event: EventMessage) => void;
}

/**
 * The events of all replicas as they are stored, for those who listen here: one statement for all
 * of them, when a wake-up says that something changed and from time to time. Costs nothing while
 * nobody listens. An event comes once, and not in the order of others that were stored at once.
 */
export class EventFeed {
  readonly #ctx: TransitionContext;
  readonly #subscribers = new Set<Subscriber>();
  readonly #seen = new Map<string, number>();
  #unsubscribe: (() => void)[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking = false;
  #again = false;
  /** When the last look began that found what there was. */
  #lookedAt = 0;

  constructor(ctx: TransitionContext) {
    this.#ctx = ctx;
  }

  /** Tells of every event from now on, until the returned function is called. */
  subscribe(subscriber: Subscriber): () => void {
    if (this.#subscribers.size === 0) this.#begin();
    this.#subscribers.add(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) this.#end();
    };
  }

  /** Stored events of these names from then until now, the oldest first. */
  async readSince(
    since: number,
    names: readonly string[] | null,
    receive: (event: EventMessage) => void,
  ): Promise<void> {
    const to = eventIdAt(Date.now() + LOOK_AHEAD_MS);
    const notBefore = new Date(since - TOLD_LATE_MS);
    for (let from = eventIdAt(since); ;) {
      const range = { from, to, notBefore, names, limit: PAGE };
      const found = await readEventRange(this.#ctx.pool, range);
      for (const event of found) receive(writeEvent(event));
      const last = found.at(-1);
      if (last === undefined || found.length < PAGE) return;
      from = after(last.id);
    }
  }

  #begin(): void {
    this.#lookedAt = Date.now();
    const look = (): void => this.#look();
    const { wakeUps } = this.#ctx;
    this.#unsubscribe = [
      wakeUps.on("pool", look),
      wakeUps.on("flowRun", look),
      wakeUps.onMissed(look),
    ];
    this.#timer = setInterval(look, POLL_MS);
  }

  #end(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    clearInterval(this.#timer);
    this.#seen.clear();
  }

  #look(): void {
    this.#again = true;
    if (this.#looking) return;
    this.#looking = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && this.#subscribers.size > 0) {
        this.#again = false;
        await this.#deliver();
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } catch (error) {
      // The next look begins where the last one did.
      this.#ctx.logger.debug("events were not read", { error: messageOf(error) });
    } finally {
      this.#looking = false;
    }
  }

  async #deliver(): Promise<void> {
    const now = Date.now();
    await this.readSince(this.#lookedAt - LOOK_BACK_MS, this.#names(), (event) => {
      if (this.#seen.has(event.id)) return;
      this.#seen.set(event.id, now);
      for (const subscriber of this.#subscribers) {
        if (subscriber.names?.includes(event.event) ?? true) subscriber.receive(event);
      }
    });
    this.#lookedAt = now;
    for (const [id, at] of this.#seen) {
      if (at >= now - 4 * LOOK_BACK_MS) break;
      this.#seen.delete(id);
    }
  }

  /** What anybody wants; null: anything. */
  #names(): string[] | null {
    const names = new Set<string>();
    for (const subscriber of this.#subscribers) {
      if (subscriber.names === null) return null;
      for (const name of subscriber.names) names.add(name);
    }
    return [...names];
  }
}

/** The least id of that moment: ids of events begin with their time. */
export function eventIdAt(millis: number): string {
  const hex = Math.max(0, Math.trunc(millis)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** The least id behind that one. */
function after(id: string): string {
  const hex = (BigInt(`0x${id.replaceAll("-", "")}`) + 1n).toString(16).padStart(32, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
