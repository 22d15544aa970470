import { mkdirSync } from "node:fs";
import { programCommand, type Build } from "./programs.ts";
import { RunningProgram } from "./running-program.ts";

/** How to start an agent. */
export interface AgentProcessOptions {
  readonly build: Build;
  readonly name: string;
  /** SLUICE_HOME: its state lies there. */
  readonly home: string;
  readonly workPoolName: string;
  readonly grpcUrl: string;
  readonly httpUrl: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

const CONNECT_TIMEOUT_MS = 15_000;

/** An agent in a process of its own, which can be killed and started again on its state. */
export class AgentProcess {
  readonly #options: AgentProcessOptions;
  #program: RunningProgram | undefined;

  constructor(options: AgentProcessOptions) {
    this.#options = options;
  }

  /** Starts it and waits until it is connected. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<this> {
    this.launch(environment);
    await this.connected();
    return this;
  }

  /** Starts it without waiting for anything. */
  launch(environment: Readonly<Record<string, string>> = {}): void {
    const { build, name, home, workPoolName, grpcUrl, httpUrl, flags = [] } = this.#options;
    mkdirSync(home, { recursive: true });
    this.#program = new RunningProgram({
      name,
      directory: home,
      command: [
        ...programCommand("agent", build),
        ...["--pool", workPoolName, "--name", name],
        ...flags,
      ],
      environment: {
        ...this.#options.environment,
        SLUICE_HOME: home,
        SLUICE_GRPC_URL: grpcUrl,
        SLUICE_API_URL: httpUrl,
        ...environment,
      },
    });
  }

  /** Resolves when the agent has said that it is connected. */
  async connected(): Promise<void> {
    await this.program.line(/^agent .* ready: pool /, CONNECT_TIMEOUT_MS);
  }

  /** Whether there is a process to speak of. */
  get isStarted(): boolean {
    return this.#program !== undefined;
  }

  /** The process of the last start. */
  get program(): RunningProgram {
    if (this.#program === undefined) throw new Error(`${this.#options.name} was never started`);
    return this.#program;
  }

  /** Stops it if it runs. */
  async close(): Promise<void> {
    await this.#program?.stop();
  }
}
