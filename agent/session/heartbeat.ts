/** How a heartbeat works. */
export interface HeartbeatOptions {
  readonly intervalMs: number;
  /** Sends a beat of that number. */
  readonly beat: (sequence: number) => void;
  /** Now, on the clock by which `onStored` is told. */
  readonly now: () => number;
  /** The control plane has stored a beat that was sent then, or later. */
  readonly onStored: (sentAt: number) => void;
  /** Three beats in a row were not answered. */
  readonly onSilence: (reason: string) => void;
}

const MISSED_BEATS = 3;
const MIN_INTERVAL_MS = 10;

/**
 * Beats at an interval and notices when nobody answers. It counts beats, not time, so that an agent
 * that was itself frozen does not blame the control plane.
 */
export class Heartbeat {
  readonly intervalMs: number;
  readonly #options: HeartbeatOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  /** When each beat was sent that is not known to be stored. */
  readonly #sentAt = new Map<number, number>();
  #sent = 0;
  #answered = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.intervalMs = Math.max(options.intervalMs, MIN_INTERVAL_MS);
    this.#timer = setInterval(() => this.#tick(), this.intervalMs);
  }

  /** The control plane answered that beat, and has stored those up to `storedSequence`. */
  replied(sequence: number, storedSequence: number): void {
    if (sequence <= this.#sent) this.#answered = Math.max(this.#answered, sequence);
    const storedAt = this.#sentAt.get(storedSequence);
    if (storedAt === undefined) return;
    for (const older of this.#sentAt.keys())
      if (older <= storedSequence) this.#sentAt.delete(older);
    this.#options.onStored(storedAt);
  }

  /** Beats no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (this.#sent - this.#answered >= MISSED_BEATS) {
      this.stop();
      this.#options.onSilence(`${MISSED_BEATS} heartbeats were not answered`);
      return;
    }
    this.#sentAt.set(++this.#sent, this.#options.now());
    this.#options.beat(this.#sent);
  }
}
