import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { RunningProgram } from "./running-program.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

const PROGRAM = join(import.meta.dir, "embedded-postgres-program.ts");
const START_MS = 30_000;

/** The row that `prepare` leaves. */
export const KEPT = "select value from kept";

/** What a server says when it is ready. */
export interface ReadyServer {
  readonly url: string;
  readonly adopted: boolean;
}

/** The servers of one test, each a program with an embedded PostgreSQL, and a folder for their data. */
export class EmbeddedServers implements AsyncDisposable {
  readonly #directory = new TemporaryDirectory("embedded postgres");
  readonly #programs: RunningProgram[] = [];

  get directory(): string {
    return this.#directory.path;
  }

  /** Where a server may keep its data. */
  get data(): string {
    return join(this.directory, "data");
  }

  /** Starts one. `prefix` may change its user; `binaries` takes the place of the npm package. */
  launch(
    data: string,
    prefix: readonly string[] = [],
    binaries: readonly string[] = [],
  ): RunningProgram {
    return this.run([...prefix, process.execPath, PROGRAM, data, ...binaries]);
  }

  /** Starts a program that behaves like one. */
  run(command: readonly string[]): RunningProgram {
    const program = new RunningProgram({
      name: "server",
      command,
      environment: { PATH: "/usr/bin:/bin", HOME: this.directory },
      directory: "/",
    });
    this.#programs.push(program);
    return program;
  }

  /** Starts one, writes a row and stops it in good order. */
  async prepare(data: string, prefix: readonly string[] = []): Promise<void> {
    const program = this.launch(data, prefix);
    const { url } = await ready(program);
    await query(url, "create table kept as select 7 as value");
    const { code } = await program.stop();
    if (code !== 0) throw new Error(`the server ended with ${code}:\n${program.output()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) {
      if (program.exit === undefined) await program.stop();
    }
    this.#directory[Symbol.dispose]();
  }
}

/** What the program says when it is ready. */
export async function ready(program: RunningProgram): Promise<ReadyServer> {
  const [, text = ""] = await program.line(/^ready (.*)$/, START_MS);
  const value: ReadyServer = JSON.parse(text);
  return value;
}

/** Why the program refuses to start. Throws if it ended otherwise. */
export async function refusal(program: RunningProgram): Promise<string> {
  const [, text = ""] = await program.line(/^refused: (.*)$/, START_MS);
  const { code } = await program.finished();
  if (code !== 1) throw new Error(`the server ended with ${code}:\n${program.output()}`);
  return text;
}

/** The column `value` of what a single statement returns. */
export async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ value: unknown }>(text);
    return rows.map(({ value }) => value);
  } finally {
    await client.end();
  }
}

/** Process id of the PostgreSQL on the data. */
export function postmaster(data: string): number {
  return Number(readFileSync(join(data, "cluster/postmaster.pid"), "utf8").split("\n")[0]);
}
