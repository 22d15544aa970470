import { join } from "node:path";
import { eventually } from "./eventually.ts";

const MAIN = join(import.meta.dir, "../../cli/main.ts");

/** How wide the terminal is. */
export const TERMINAL_COLUMNS = 80;

/** The command line in a terminal of its own. */
export class OnTerminal {
  readonly exited: Promise<number>;
  #text = "";
  readonly #child;

  constructor(words: readonly string[], environment: Readonly<Record<string, string>>) {
    const decoder = new TextDecoder();
    this.#child = Bun.spawn([process.execPath, MAIN, ...words], {
      env: { TERM: "xterm-256color", ...environment },
      terminal: {
        cols: TERMINAL_COLUMNS,
        rows: 24,
        data: (_, data) => void (this.#text += decoder.decode(data, { stream: true })),
      },
    });
    this.exited = this.#child.exited;
  }

  /** All that was shown. */
  get text(): string {
    return this.#text;
  }

  press(keys: string): void {
    this.#child.terminal?.write(keys);
  }

  /** Waits until the program has shown this. */
  async shows(text: string): Promise<void> {
    await eventually(() => this.#text.includes(text), { what: text });
  }
}
