import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startEmbeddedPostgres } from "#server/store/embedded-postgres.ts";
import { messageOf } from "#shared/errors.ts";
import { silentLogger } from "#shared/logger.ts";
import { AgentProcess } from "./agent-process.ts";
import type { Client } from "./client.ts";
import { ControlPlane } from "./control-plane.ts";
import { Ledger } from "./ledger.ts";
import { programCommand, type Build } from "./programs.ts";
import { type ProgramExit, RunningProgram } from "./running-program.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

/** What a control plane of a stage may be given. */
export interface StagedControlPlaneOptions {
  readonly name?: string;
  readonly databaseUrl?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly apiKey?: string;
}

/** What an agent of a stage may be given. */
export interface StagedAgentOptions {
  readonly name?: string;
  readonly workPoolName?: string;
  readonly controlPlane?: ControlPlane;
  /** Overrides where the control plane listens, as when a faulty link lies between. */
  readonly grpcPort?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

/** How a finished command ended, and what it wrote. */
export interface CommandResult extends ProgramExit {
  readonly stdout: string;
  readonly stderr: string;
}

/** A PostgreSQL of a stage, which can be stopped and started again under the same address. */
export interface StagedDatabase {
  readonly url: string;
  readonly socketPath: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

interface Closable {
  close(): Promise<void>;
}

/**
 * A folder, control planes, agents and a database of one test. Everything started on it is stopped
 * when it is disposed of, flows included.
 */
export class Stage implements AsyncDisposable {
  readonly build: Build;
  readonly ledger: Ledger;
  /** Given to every program. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #directory: TemporaryDirectory;
  readonly #controlPlanes: ControlPlane[] = [];
  readonly #agents: AgentProcess[] = [];
  readonly #closables: Closable[] = [];
  #client: Client | undefined;

  /** `label` becomes part of every path; it may hold spaces. */
  constructor(label: string, build: Build) {
    this.build = build;
    this.#directory = new TemporaryDirectory(label);
    this.ledger = new Ledger(this.directory);
    mkdirSync(this.path("failpoints"));
    this.environment = {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: this.directory,
      LANG: "C.UTF-8",
      SLUICE_FAILPOINT_DIR: this.path("failpoints"),
    };
  }

  get directory(): string {
    return this.#directory.path;
  }

  /** A path inside the stage's folder. */
  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** Starts a control plane and waits until it is ready. */
  async controlPlane(options: StagedControlPlaneOptions = {}): Promise<ControlPlane> {
    const name = options.name ?? `control-plane-${this.#controlPlanes.length + 1}`;
    const plane = new ControlPlane({
      ...options,
      name,
      build: this.build,
      home: this.path(name),
      environment: { ...this.environment, ...options.environment },
    });
    this.#controlPlanes.push(plane);
    return plane.start();
  }

  /** An agent with a state directory of its own; not started yet. */
  agent(options: StagedAgentOptions = {}): AgentProcess {
    const plane = options.controlPlane ?? this.firstControlPlane;
    const name = options.name ?? `agent-${this.#agents.length + 1}`;
    const port = options.grpcPort;
    const agent = new AgentProcess({
      name,
      build: this.build,
      home: this.path(name),
      workPoolName: options.workPoolName ?? "pool",
      httpUrl: plane.httpUrl,
      grpcUrl: port === undefined ? plane.grpcUrl : `http://127.0.0.1:${port}`,
      environment: { ...this.environment, ...options.environment },
      flags: options.flags ?? [],
    });
    this.#agents.push(agent);
    return agent;
  }

  /** Starts a PostgreSQL that outlives the control planes. */
  async database(): Promise<StagedDatabase> {
    const dataDirectory = this.path("postgres");
    const launch = (): ReturnType<typeof startEmbeddedPostgres> =>
      startEmbeddedPostgres({ dataDirectory, logger: silentLogger });
    let running: Awaited<ReturnType<typeof launch>> | undefined = await launch();
    const stop = async (): Promise<void> => {
      await running?.stop();
      running = undefined;
    };
    this.#closables.push({ close: stop });
    const { url } = running;
    const parameters = new URL(url).searchParams;
    const socketPath = `${parameters.get("host")}/.s.PGSQL.${parameters.get("port") ?? "5432"}`;
    const start = async (): Promise<void> => {
      running ??= await launch();
    };
    return { url, socketPath, stop, start };
  }

  /** Hands over something to close when the stage is. */
  use(closable: AsyncDisposable): void {
    this.#closables.push({ close: async () => closable[Symbol.asyncDispose]() });
  }

  /** Runs the operator's program against the first control plane, and waits for its end. */
  async sluice(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> {
    return this.command("sluice", args, environment).result();
  }

  /** Starts one of the programs with any arguments. */
  command(
    program: "sluice" | "agent",
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): { program: RunningProgram; result(timeoutMs?: number): Promise<CommandResult> } {
    const plane = this.#controlPlanes[0];
    const child = new RunningProgram({
      name: `${program} ${args.join(" ")}`,
      directory: this.directory,
      command: [...programCommand(program, this.build), ...args],
      environment: {
        ...this.environment,
        SLUICE_HOME: this.path("operator"),
        ...(plane?.isReachable
          ? { SLUICE_API_URL: plane.httpUrl, SLUICE_GRPC_URL: plane.grpcUrl }
          : {}),
        ...environment,
      },
    });
    return {
      program: child,
      result: async (timeoutMs) => ({
        ...(await child.finished(timeoutMs)),
        stdout: child.output("stdout"),
        stderr: child.output("stderr"),
      }),
    };
  }

  /** All agents that were ever put on it. */
  get agents(): readonly AgentProcess[] {
    return this.#agents;
  }

  /** The control plane that was started first. */
  get firstControlPlane(): ControlPlane {
    const [plane] = this.#controlPlanes;
    if (plane === undefined) throw new Error("this stage has no control plane");
    return plane;
  }

  /** Where the test asks: the first control plane, unless the test has chosen another. */
  get client(): Client {
    return this.#client ?? this.firstControlPlane.client;
  }

  set client(client: Client) {
    this.#client = client;
  }

  /** A file that lets flows go on when it is opened. */
  gate(name: string): { readonly path: string; open(): void } {
    const path = this.path(`gate-${name}`);
    return { path, open: () => writeFileSync(path, "") };
  }

  /** Whether a failpoint has acted. */
  reached(failpoint: string): boolean {
    return existsSync(this.path("failpoints", failpoint));
  }

  /** All that all programs wrote, for failures. */
  transcript(): string {
    return [...this.#controlPlanes, ...this.#agents]
      .filter((one) => one.isStarted)
      .map(({ program }) => `── ${program.name} (${program.pid})\n${program.output()}`)
      .join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: string[] = [];
    const closing = [...this.#agents, ...this.#controlPlanes, ...this.#closables.reverse()];
    for (const closable of closing) {
      await closable.close().catch((error: unknown) => failures.push(messageOf(error)));
    }
    this.#killFlows();
    this.#directory[Symbol.dispose]();
    if (failures.length > 0) throw new Error(failures.join("\n"));
  }

  #killFlows(): void {
    const ended = new Set<number>();
    const entries = this.ledger.entries();
    for (const entry of entries) if (entry.kind === "end") ended.add(entry.pid);
    for (const { pid, flowRunId } of entries) {
      if (ended.has(pid) || !isFlow(pid, flowRunId)) continue;
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // It ended between the look and the signal.
      }
    }
  }
}

/** Whether a process is the user code of a run. */
export function isFlow(pid: number, flowRunId: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`SLUICE_FLOW_RUN_ID=${flowRunId}`);
  } catch {
    return false;
  }
}
