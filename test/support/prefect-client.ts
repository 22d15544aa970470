import type { Subprocess } from "bun";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SCRIPT = join(import.meta.dir, "../../scripts/prefect-venv");

/** How a command ended. */
export interface PrefectResult {
  readonly exitCode: number;
  /** Standard output and errors, as they came. */
  readonly output: string;
}

/** An unmodified Prefect client in a home of its own, pointed at a control plane. */
export class PrefectClient implements Disposable {
  /** A folder of its own, for flows. */
  readonly directory: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #bin: string;

  private constructor(bin: string, directory: string, environment: Record<string, string>) {
    this.#bin = bin;
    this.directory = directory;
    this.#environment = environment;
  }

  /** `url` is where HTTP is served. The first call on a machine installs the client. */
  static async create(url: string, extra: Record<string, string> = {}): Promise<PrefectClient> {
    const made = Bun.spawn([SCRIPT], { stdout: "pipe", stderr: "pipe" });
    const [folder, problems] = await Promise.all([
      new Response(made.stdout).text(),
      new Response(made.stderr).text(),
    ]);
    if ((await made.exited) !== 0) throw new Error(`${SCRIPT} failed: ${problems}`);
    const bin = join(folder.trim(), "bin");
    const directory = mkdtempSync(join(tmpdir(), "prefect-client-"));
    mkdirSync(join(directory, "flows"));
    return new PrefectClient(bin, directory, {
      PATH: `${bin}:${process.env["PATH"] ?? ""}`,
      HOME: directory,
      PREFECT_HOME: join(directory, "home"),
      PREFECT_API_URL: `${url}/api`,
      DO_NOT_TRACK: "1",
      PREFECT_SERVER_ANALYTICS_ENABLED: "false",
      NO_COLOR: "1",
      COLUMNS: "200",
      ...extra,
    });
  }

  /** Writes a file of a flow; answers the folder it is in. */
  write(name: string, text: string): string {
    const folder = join(this.directory, "flows");
    writeFileSync(join(folder, name), text);
    return folder;
  }

  /** Runs a program of the environment to its end. */
  async run(command: string, ...args: string[]): Promise<PrefectResult> {
    const child = Bun.spawn(
      ["sh", "-c", 'exec "$0" "$@" 2>&1', join(this.#bin, command), ...args],
      { cwd: this.directory, env: { ...this.#environment }, stdin: "ignore", stdout: "pipe" },
    );
    const output = await new Response(child.stdout).text();
    return { exitCode: await child.exited, output };
  }

  /** Starts a program of the environment. Whoever starts it ends it. */
  start(command: string, ...args: string[]): Subprocess {
    return Bun.spawn([join(this.#bin, command), ...args], {
      cwd: this.directory,
      env: { ...this.#environment },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
