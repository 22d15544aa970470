import { messageOf } from "#shared/errors.ts";

/** How to start a program. */
export interface ProgramOptions {
  /** Shown in failures. */
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** The whole environment; nothing of the test's own is passed on. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
}

/** How a program ended. */
export interface ProgramExit {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

interface Waiter {
  readonly pattern: RegExp;
  readonly found: (match: RegExpExecArray) => void;
}

const running = new Set<RunningProgram>();
process.on("exit", () => {
  for (const program of running) program.signal("SIGKILL");
});

/** A child process whose output is kept, and which dies with the test. */
export class RunningProgram {
  readonly name: string;
  readonly exited: Promise<ProgramExit>;
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #lines: Record<"stdout" | "stderr", string[]> = { stdout: [], stderr: [] };
  readonly #waiters = new Set<Waiter>();
  readonly #drained: Promise<unknown>;
  #ended: ProgramExit | undefined;

  constructor(options: ProgramOptions) {
    this.name = options.name;
    this.#child = Bun.spawn([...options.command], {
      cwd: options.directory,
      env: { ...options.environment },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    running.add(this);
    this.#drained = Promise.all([
      this.#keep("stdout", this.#child.stdout),
      this.#keep("stderr", this.#child.stderr),
    ]);
    this.exited = this.#child.exited.then((): ProgramExit => {
      const { exitCode, signalCode } = this.#child;
      running.delete(this);
      const exit = { code: exitCode, signal: signalCode === null ? null : String(signalCode) };
      this.#ended = exit;
      return exit;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Undefined while it runs. */
  get exit(): ProgramExit | undefined {
    return this.#ended;
  }

  /** What it has written so far, one stream or both. */
  output(stream: "stdout" | "stderr" | "both" = "both"): string {
    const { stdout, stderr } = this.#lines;
    return (stream === "both" ? [...stdout, ...stderr] : this.#lines[stream]).join("\n");
  }

  /**
   * Resolves with the first line, written already or yet to come, that matches. Rejects with all
   * output if the program ends without it or `timeoutMs` pass.
   */
  line(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    for (const line of [...this.#lines.stdout, ...this.#lines.stderr]) {
      const match = pattern.exec(line);
      if (match !== null) return Promise.resolve(match);
    }
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        act();
      };
      const fail = (why: string) => (): void =>
        reject(
          new Error(`${this.name} ${why} before a line matched ${pattern}:\n${this.output()}`),
        );
      const waiter: Waiter = { pattern, found: (match) => settle(() => resolve(match)) };
      const timer = setTimeout(() => settle(fail(`was silent for ${timeoutMs} ms`)), timeoutMs);
      this.#waiters.add(waiter);
      void Promise.all([this.exited, this.#drained]).then(() => settle(fail("ended")));
    });
  }

  /** Sends a signal; does nothing if the program is gone. */
  signal(signal: NodeJS.Signals): void {
    if (this.#ended !== undefined) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!messageOf(error).includes("ESRCH")) throw error;
    }
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }

  /** Stops every instruction of the program until `thaw`. */
  freeze(): void {
    this.signal("SIGSTOP");
  }

  /** Lets a frozen program go on. */
  thaw(): void {
    this.signal("SIGCONT");
  }

  /** Asks it to end and waits. Kills it and throws, with all output, if it takes longer than this. */
  async stop(timeoutMs = 15_000): Promise<ProgramExit> {
    this.thaw();
    this.signal("SIGTERM");
    return this.finished(timeoutMs);
  }

  /** Waits for its end and all its output. Kills it and throws if it takes longer than this. */
  async finished(timeoutMs = 15_000): Promise<ProgramExit> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.signal("SIGKILL");
    }, timeoutMs);
    const exit = await this.exited;
    clearTimeout(timer);
    if (late) throw new Error(`${this.name} did not end in ${timeoutMs} ms:\n${this.output()}`);
    await this.#drained;
    return exit;
  }

  async #keep(stream: "stdout" | "stderr", source: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of source) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) this.#push(stream, line);
    }
    if (rest !== "") this.#push(stream, rest);
  }

  #push(stream: "stdout" | "stderr", line: string): void {
    this.#lines[stream].push(line);
    for (const waiter of [...this.#waiters]) {
      const match = waiter.pattern.exec(line);
      if (match !== null) waiter.found(match);
    }
  }
}
