import { runCli } from "#cli/program.ts";
import { capture } from "./captured-cli.ts";
import type { TestServer } from "./test-server.ts";

/** What a command line left behind. */
export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line, pointed at a control plane. */
export class CliOnServer {
  readonly #environment: Readonly<Record<string, string>>;

  /** `home` is its SLUICE_HOME. */
  constructor(server: TestServer, home: string) {
    this.#environment = {
      SLUICE_GRPC_URL: `http://${server.address}`,
      SLUICE_API_URL: server.url,
      SLUICE_HOME: home,
    };
  }

  /** Carries out one command. */
  async run(words: readonly string[], input = ""): Promise<CliResult> {
    const cli = capture({ environment: this.#environment, input });
    const code = await runCli(words, cli.surroundings);
    return { code, out: cli.out(), err: cli.err() };
  }

  /** What a command prints as JSON. Throws if it fails. */
  async json(...words: string[]): Promise<unknown> {
    const result = await this.run([...words, "-o", "json"]);
    if (result.code !== 0)
      throw new Error(`${words.join(" ")} ended with ${result.code}: ${result.err}`);
    return JSON.parse(result.out);
  }

  /** Deploys a command. Throws if that fails. */
  async deploy(pool: string, name: string, command: string, ...flags: string[]): Promise<void> {
    const words = ["--name", name, "--pool", pool, "--command", command, ...flags];
    const result = await this.run(["deploy", ...words]);
    if (result.code !== 0) throw new Error(`${name} was not deployed: ${result.err}`);
  }
}
