import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { serverInfoDocument } from "#cli/documents.ts";
import { outputOption, printDetails, printJson, type OutputOptions } from "#cli/print.ts";
import { localTime, relativeTime } from "#cli/time-text.ts";

/** `sluice server info`. */
export function addServerInfo(group: Command, cli: Cli): void {
  group
    .command("info")
    .description("show version and condition of the replica that answers")
    .addOption(outputOption())
    .action((options: OutputOptions) => printServerInfo(cli, options));
}

async function printServerInfo(cli: Cli, options: OutputOptions): Promise<void> {
  const { url, info } = await cli.connect(async (plane) => ({
    url: plane.url,
    info: await plane.getServerInfo(),
  }));
  if (options.output === "json") return printJson(cli.out, { url, ...serverInfoDocument(info) });
  const started = relativeTime(info.startedAt, cli.surroundings.now());
  printDetails(cli.out, [
    ["address", url],
    ["version", info.version],
    ["schema", String(info.schemaVersion)],
    ["replica", info.replicaId],
    ["started", `${localTime(info.startedAt)} (${started})`],
    [
      "database",
      info.embeddedDatabase ? "embedded PostgreSQL" : "PostgreSQL of SLUICE_DATABASE_URL",
    ],
  ]);
}
