import type { Command } from "commander";
import { VERSION } from "#shared/version.ts";
import type { Cli } from "#cli/cli.ts";
import { RemoteError } from "#cli/cli-error.ts";
import { outputOption, printDetails, printJson, type OutputOptions } from "#cli/print.ts";

const PATIENCE_MS = 1_000;

/** `sluice version`: of this program and, if it answers within a second, of the control plane. */
export function addVersion(program: Command, cli: Cli): void {
  program
    .command("version")
    .description("print the versions of this program and of the control plane")
    .addOption(outputOption())
    .action((options: OutputOptions) => printVersions(cli, options));
}

async function printVersions(cli: Cli, options: OutputOptions): Promise<void> {
  const { url, server, why } = await cli.connect(async (plane) => {
    try {
      const info = await plane.getServerInfo(PATIENCE_MS);
      return { url: plane.url, server: info.version, why: "" };
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      return { url: plane.url, server: null, why: error.message };
    }
  });
  if (options.output === "json") return printJson(cli.out, { client: VERSION, server, url });
  printDetails(cli.out, [
    ["client", VERSION],
    ["server", server === null ? `none: ${why}` : `${server} at ${url}`],
  ]);
}
