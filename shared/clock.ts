/** Milliseconds since 1970, with a fraction that holds microseconds. */
export type Millis = number;

/** Time as the program sees it; tests hand in their own. */
export interface Clock {
  /** Wall clock. For stamps shown to people, never for spans. */
  now(): Millis;
  /** Milliseconds on a clock that never jumps. For spans and deadlines. */
  monotonic(): number;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  monotonic: () => performance.now(),
};
