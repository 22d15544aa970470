import { readFileSync, writeFileSync } from "node:fs";
import { LostPolicy, type Lease } from "#proto/sluice/v1/lease.ts";
import type { Logger } from "#shared/logger.ts";
import { planForSilence } from "#shared/loss-margins.ts";
import { readBootClock } from "./boot-clock.ts";
import type { AttemptPhase } from "./journal-rows.ts";
import type { StopRequest } from "./stop-request.ts";

/** An attempt that may have to stop because nobody hears of it. */
export interface WatchedAttempt {
  readonly key: string;
  readonly lease: Lease;
  readonly phase: AttemptPhase;
  stop(request: StopRequest): void;
}

/** What a silence watch is given. */
export interface SilenceWatchOptions {
  /** A file of the state directory: the next agent process counts on from there. */
  readonly path: string;
  readonly bootId: string;
  readonly logger: Logger;
  /** Milliseconds on a clock that goes on while the host is suspended. */
  readonly now?: () => number;
}

const TICK_MS = 250;
const USUAL_HEARTBEAT_MS = 10_000;

/**
 * Ends attempts under the policy `reschedule` before the control plane may give them to another
 * agent. Every replica counts silence from the arrival of the last heartbeat that is stored, or from
 * later; counted here is from its sending, which is earlier, and the end comes a margin before.
 */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  readonly #now: () => number;
  readonly #attempts = new Set<WatchedAttempt>();
  readonly #ended = new WeakSet<WatchedAttempt>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #heartbeatMs = USUAL_HEARTBEAT_MS;
  #storedAt: number;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? readBootClock;
    this.#storedAt = readStoredAt(options);
  }

  /** The moment now, to be told as the time of sending. */
  now(): number {
    return this.#now();
  }

  /** The control plane expects a heartbeat so often. */
  expectBeatEvery(milliseconds: number): void {
    this.#heartbeatMs = milliseconds;
  }

  /** The control plane has stored what was sent then. */
  stored(sentAt: number): void {
    if (sentAt <= this.#storedAt) return;
    this.#storedAt = sentAt;
    const { path, bootId } = this.#options;
    try {
      writeFileSync(path, `${bootId} ${sentAt}\n`);
    } catch {
      // An older moment, or none, only ends the attempts of the next process sooner.
    }
  }

  /** Watches an attempt, if its lease asks for that, until it is released. */
  watch(attempt: WatchedAttempt): void {
    if (attempt.lease.lostPolicy !== LostPolicy.RESCHEDULE) return;
    this.#attempts.add(attempt);
    this.#timer ??= setInterval(() => this.check(), TICK_MS);
  }

  /** Nothing is left of the attempt. */
  release(attempt: WatchedAttempt): void {
    this.#attempts.delete(attempt);
    if (this.#attempts.size === 0) this.close();
  }

  /** Ends what must end by now. Called before anything that was heard is acted upon. */
  check(): void {
    if (this.#attempts.size === 0) return;
    const silentMs = this.#now() - this.#storedAt;
    for (const attempt of this.#attempts) {
      const { lostAfterMs, stopGraceMs } = attempt.lease;
      if (attempt.phase === "ended") continue;
      const heartbeatMs = this.#heartbeatMs;
      const plan = planForSilence({ lostAfterMs, stopGraceMs, heartbeatMs });
      if (silentMs >= plan.stopAfterMs) this.#end(attempt, silentMs, plan.killAfterMs - silentMs);
    }
  }

  /** Watches no more. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Done again with every look: a host that slept through the grace has none left. */
  #end(attempt: WatchedAttempt, silentMs: number, graceMs: number): void {
    const silent = Number.isFinite(silentMs) ? `${Math.round(silentMs / 1000)} s` : "too long";
    const reason = `the control plane was not heard for ${silent}`;
    attempt.stop({ kind: "lost", reason, graceMs: Math.max(0, graceMs) });
    if (this.#ended.has(attempt)) return;
    this.#ended.add(attempt);
    this.#options.logger.warning("ends an attempt that another agent may be given soon", {
      lease: attempt.key,
      reason,
    });
  }
}

/** Minus infinity if the last agent process left nothing of this boot. */
function readStoredAt({ path, bootId }: SilenceWatchOptions): number {
  try {
    const [, boot, at] = /^(\S+) ([\d.]+)\n$/.exec(readFileSync(path, "latin1")) ?? [];
    return boot === bootId && at !== undefined ? Number(at) : -Infinity;
  } catch {
    return -Infinity;
  }
}
