import type { Clock } from "#shared/clock.ts";

/**
 * The control plane's wall clock as far as it is known here: what it last said, plus what passed
 * since on the monotonic clock. The host's own wall clock plays no part once it has spoken.
 */
export class ServerClock {
  readonly #clock: Clock;
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** The control plane just said what time it is. */
  hear(serverTime: Date): void {
    this.#offset = serverTime.getTime() - this.#clock.monotonic();
  }

  /** What it would say now. */
  now(): Date {
    return new Date(this.#clock.monotonic() + this.#offset);
  }
}
