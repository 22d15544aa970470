import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { CliError, usageError } from "#cli/cli-error.ts";
import { concurrencyLimitDocument } from "#cli/documents.ts";
import {
  outputOption,
  printDetails,
  printJson,
  printSuccess,
  type OutputOptions,
} from "#cli/print.ts";
import { localTime } from "#cli/time-text.ts";

interface InspectOptions extends OutputOptions {
  readonly file?: string;
}

/** `sluice global-concurrency-limit inspect`. */
export function addConcurrencyLimitInspect(group: Command, cli: Cli): void {
  group
    .command("inspect")
    .description("show all about a concurrency limit")
    .argument("<name>", "its name or id")
    .option("-f, --file <file>", "write it there as JSON")
    .addOption(outputOption())
    .action((name: string, options: InspectOptions) => inspectLimit(cli, name, options));
}

async function inspectLimit(cli: Cli, idOrName: string, options: InspectOptions): Promise<void> {
  const { concurrencyLimit: limit } = await cli.connect((plane) =>
    plane.getConcurrencyLimit({ idOrName }),
  );
  if (limit === undefined) throw new CliError(`the control plane sent no limit '${idOrName}'`);
  const document = concurrencyLimitDocument(limit);
  if (options.file !== undefined) {
    try {
      writeFileSync(options.file, `${JSON.stringify(document, null, 2)}\n`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw usageError(`--file: ${options.file} cannot be written: ${why}`);
    }
  }
  if (options.output === "json") return printJson(cli.out, document);
  if (options.file !== undefined) return printSuccess(cli.out, `Wrote ${options.file}.`);
  printDetails(cli.out, [
    ["name", limit.name],
    ["id", limit.id],
    ["limit", String(limit.limit)],
    ["active", limit.active ? "yes" : "no: it limits nothing"],
    ["slots held", `${limit.slotsHeld}/${limit.limit}`],
    ["slot decay", limit.slotDecayPerSecond === 0 ? "" : `${limit.slotDecayPerSecond} per second`],
    ["denied slots", String(limit.deniedSlots)],
    ["average occupancy", `${limit.avgSlotOccupancySeconds.toFixed(1)} s`],
    ["created", localTime(limit.createdAt)],
    ["changed", localTime(limit.updatedAt)],
  ]);
}
