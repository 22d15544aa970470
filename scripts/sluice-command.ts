import { join } from "node:path";
import pc from "picocolors";
import { quoted, say } from "./speak.ts";

/** The CLI that was built. */
export const SLUICE = join(import.meta.dir, "../dist/sluice");

/** Where a control plane is reached. */
export interface Addresses {
  readonly http: string;
  readonly grpc: string;
}

/** The environment of clients of that control plane, without what leads them to another. */
export function clientEnvironment(addresses: Addresses): Record<string, string | undefined> {
  const { env } = process;
  return {
    ...env,
    SLUICE_API_URL: addresses.http,
    SLUICE_GRPC_URL: addresses.grpc,
    SLUICE_PROFILE: undefined,
    SLUICE_API_KEY: env["SLUICE_SERVER_API_KEY"] ?? env["SLUICE_API_KEY"],
    SLUICE_AGENT_TOKEN: env["SLUICE_SERVER_AGENT_TOKEN"] ?? env["SLUICE_AGENT_TOKEN"],
  };
}

/** What a command said, and how it ended. */
export interface Answer {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Asks the CLI without showing it. */
export async function ask(addresses: Addresses, ...words: string[]): Promise<Answer> {
  const child = Bun.spawn([SLUICE, ...words], {
    env: clientEnvironment(addresses),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 20_000,
  });
  const [exitCode, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode, out, err };
}

/** Runs a command of the CLI where the user is and shows it; true if it succeeded. */
export async function show(addresses: Addresses, ...words: string[]): Promise<boolean> {
  say(`\n${pc.dim("$")} ${pc.bold(["sluice", ...words].map(quoted).join(" "))}`);
  const child = Bun.spawn([SLUICE, ...words], {
    env: clientEnvironment(addresses),
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  return (await child.exited) === 0;
}
