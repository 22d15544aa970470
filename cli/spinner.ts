import type { Sink } from "./terminal.ts";

const FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const FRAME_MS = 100;

/** A line that shows that something is being waited for. On a terminal only; elsewhere nothing. */
export class Spinner {
  readonly #sink: Sink;
  readonly #startedAt = performance.now();
  #timer: ReturnType<typeof setInterval> | undefined;
  #frame = 0;
  #text = "";

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Shows the text, with the time that has passed, until told otherwise. */
  show(text: string): void {
    this.#text = text;
    if (!this.#sink.isTerminal) return;
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MS);
    this.#draw();
  }

  /** Takes the line away, so that others can be printed; it comes back with the next frame. */
  clear(): void {
    if (this.#sink.isTerminal && this.#text !== "") this.#sink.write("\r\u001b[2K");
  }

  /** Takes the line away for good. */
  stop(): void {
    clearInterval(this.#timer);
    this.clear();
    this.#text = "";
  }

  #draw(): void {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1);
    const frame = FRAMES.charAt(this.#frame++ % FRAMES.length);
    this.#sink.write(`\r\u001b[2K${frame} ${this.#text} ${this.#sink.colours.dim(`${seconds} s`)}`);
  }
}
