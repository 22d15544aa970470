import type { Command } from "commander";
import { requireName } from "#shared/names.ts";
import type { Cli } from "#cli/cli.ts";
import { concurrencyLimitDocument } from "#cli/documents.ts";
import { notNegative, wholeNumber } from "#cli/key-value.ts";
import { outputOption, printJson, printSuccess, type OutputOptions } from "#cli/print.ts";

interface CreateOptions extends OutputOptions {
  readonly limit: number;
  readonly disable?: true;
  readonly activeSlots?: number;
  readonly slotDecayPerSecond?: number;
}

const EXAMPLES = `
Examples:
  $ sluice global-concurrency-limit create database --limit 5
  $ sluice gcl create requests --limit 10 --slot-decay-per-second 2   # a rate`;

/** `sluice global-concurrency-limit create`. */
export function addConcurrencyLimitCreate(group: Command, cli: Cli): void {
  group
    .command("create")
    .description("create a concurrency limit")
    .argument("<name>", "its name, without / % & > <")
    .requiredOption("-l, --limit <n>", "most slots taken at once; 0: none", wholeNumber(0))
    .option("--disable", "create it without effect")
    .option("--active-slots <n>", "slots that count as taken from the start", wholeNumber(0))
    .option(
      "--slot-decay-per-second <n>",
      "slots that become free in a second by themselves",
      notNegative,
    )
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((name: string, options: CreateOptions) => createLimit(cli, name, options));
}

async function createLimit(cli: Cli, name: string, options: CreateOptions): Promise<void> {
  requireName("name", name);
  const { concurrencyLimit } = await cli.connect((plane) =>
    plane.createConcurrencyLimit({
      name,
      limit: options.limit,
      active: options.disable !== true,
      slotsHeld: options.activeSlots ?? 0,
      slotDecayPerSecond: options.slotDecayPerSecond ?? 0,
    }),
  );
  if (options.output === "json") {
    const created = concurrencyLimit;
    return printJson(cli.out, created === undefined ? {} : concurrencyLimitDocument(created));
  }
  printSuccess(cli.out, `Created concurrency limit '${name}' of ${options.limit}.`);
}
