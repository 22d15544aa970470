import { mkdirSync } from "node:fs";
import { Client } from "./client.ts";
import { programCommand, type Build } from "./programs.ts";
import { RunningProgram } from "./running-program.ts";

/** How to start a control plane. */
export interface ControlPlaneOptions {
  readonly build: Build;
  readonly name: string;
  /** SLUICE_HOME: its embedded database lies there if no other is named. */
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly databaseUrl?: string;
  readonly flags?: readonly string[];
  readonly apiKey?: string;
}

const READY = /^sluice \S+ ready: https?:\/\/([^:/]+|\[[^\]]+\]):(\d+) · grpc (\S+):(\d+)/;
const START_TIMEOUT_MS = 20_000;

/** A control plane in a process of its own, which can be killed and started again in place. */
export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  #program: RunningProgram | undefined;
  #ports: { http: number; grpc: number } = { http: 0, grpc: 0 };
  #client: Client | undefined;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
  }

  /** Starts it and waits until it is ready; on the ports it had if it ran before. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<this> {
    const { build, name, home, flags = [], databaseUrl, apiKey } = this.#options;
    mkdirSync(home, { recursive: true });
    const program = new RunningProgram({
      name,
      directory: home,
      command: [
        ...programCommand("sluice", build),
        "server",
        "start",
        ...["--port", String(this.#ports.http), "--grpc-port", String(this.#ports.grpc)],
        ...flags,
      ],
      environment: {
        ...this.#options.environment,
        ...(databaseUrl === undefined ? {} : { SLUICE_DATABASE_URL: databaseUrl }),
        ...(apiKey === undefined ? {} : { SLUICE_SERVER_API_KEY: apiKey }),
        SLUICE_HOME: home,
        ...environment,
      },
    });
    this.#program = program;
    const ready = await program.line(READY, START_TIMEOUT_MS);
    this.#ports = { http: Number(ready[2]), grpc: Number(ready[4]) };
    this.#client ??= new Client({
      address: `127.0.0.1:${this.#ports.grpc}`,
      ...(apiKey === undefined ? {} : { apiKey }),
    });
    return this;
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

  /** Whether it has ever been ready, so that its addresses are known. */
  get isReachable(): boolean {
    return this.#client !== undefined;
  }

  get client(): Client {
    if (this.#client === undefined) throw new Error(`${this.#options.name} was never ready`);
    return this.#client;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#ports.http}`;
  }

  get grpcPort(): number {
    return this.#ports.grpc;
  }

  get grpcUrl(): string {
    return `http://127.0.0.1:${this.#ports.grpc}`;
  }

  /** Stops it if it runs, and closes the client. */
  async close(): Promise<void> {
    this.#client?.[Symbol.dispose]();
    await this.#program?.stop();
  }
}
