import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/** How to start a program that stays. */
export interface BackgroundOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes what it says on standard error. */
  readonly logFile: string;
  /** The line on standard output that says it is ready. */
  readonly ready: RegExp;
  readonly readyWithinMs: number;
}

/** A program in a process group of its own, so that Ctrl-C in the terminal reaches only its parent. */
export class BackgroundProgram {
  /** The line that said it is ready. */
  readonly readyLine: string;
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #exitCode: () => number | null;

  private constructor(child: Bun.Subprocess, readyLine: string) {
    this.readyLine = readyLine;
    this.pid = child.pid;
    this.ended = child.exited.then(() => undefined);
    this.#exitCode = () => child.exitCode;
  }

  /** Starts it and waits until it is ready. Throws an Error with its last words if it ends before. */
  static async start(options: BackgroundOptions): Promise<BackgroundProgram> {
    mkdirSync(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, "w", 0o600);
    const child = Bun.spawn([...options.command], {
      env: options.env,
      detached: true,
      stdin: "ignore",
      stdout: "pipe",
      stderr: log,
    });
    closeSync(log);
    const timer = setTimeout(() => child.kill("SIGKILL"), options.readyWithinMs);
    const line = await readyLine(child.stdout, options.ready);
    clearTimeout(timer);
    if (line !== undefined) return new BackgroundProgram(child, line);
    const code = await child.exited;
    const lastWords = readFileSync(options.logFile, "utf8").trim().split("\n").slice(-8).join("\n");
    throw new Error(`it ended with exit code ${code} before it was ready:\n${lastWords}`);
  }

  /** Its exit code; null while it runs. */
  get exitCode(): number | null {
    return this.#exitCode();
  }

  /** Sends it a signal; none arrives if it has ended. */
  signal(name: NodeJS.Signals): void {
    send(this.pid, name);
  }

  /** Resolves to whether it has ended within that time. */
  async endsWithin(ms: number): Promise<boolean> {
    const timeout = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => timeout.resolve(false), ms);
    const ended = await Promise.race([this.ended.then(() => true), timeout.promise]);
    clearTimeout(timer);
    return ended;
  }

  /** Kills it and its process group, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.exitCode === null) send(-this.pid, "SIGKILL");
    await this.ended;
  }
}

/** Reads until a line fits; reads on afterwards, so that the program never waits for us. */
async function readyLine(
  output: ReadableStream<Uint8Array>,
  pattern: RegExp,
): Promise<string | undefined> {
  const chunks = output[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  let text = "";
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    text += decoder.decode(next.value, { stream: true });
    const line = text
      .split("\n")
      .slice(0, -1)
      .find((each) => pattern.test(each));
    if (line === undefined) continue;
    void drain(chunks);
    return line;
  }
  return undefined;
}

async function drain(chunks: AsyncIterator<Uint8Array>): Promise<void> {
  while (!(await chunks.next()).done);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
