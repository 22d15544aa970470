import type { Command } from "commander";
import type { UpdateConcurrencyLimitRequest } from "#proto/sluice/v1/concurrency_limit_service.ts";
import type { Cli } from "#cli/cli.ts";
import { usageError } from "#cli/cli-error.ts";
import { concurrencyLimitDocument } from "#cli/documents.ts";
import { notNegative, wholeNumber } from "#cli/key-value.ts";
import { outputOption, printJson, printSuccess, type OutputOptions } from "#cli/print.ts";

type Change = Partial<Omit<UpdateConcurrencyLimitRequest, "idOrName">>;

interface UpdateOptions extends OutputOptions {
  readonly enable?: true;
  readonly disable?: true;
  readonly limit?: number;
  readonly activeSlots?: number;
  readonly slotDecayPerSecond?: number;
}

/** `sluice global-concurrency-limit update | enable | disable`. */
export function addConcurrencyLimitChanges(group: Command, cli: Cli): void {
  group
    .command("update")
    .description("change a concurrency limit")
    .argument("<name>", "its name or id")
    .option("-l, --limit <n>", "most slots taken at once; 0: none", wholeNumber(0))
    .option("--enable", "let it take effect")
    .option("--disable", "let it limit nothing")
    .option(
      "--active-slots <n>",
      "slots that count as taken; those that leases and runs hold are in any case",
      wholeNumber(0),
    )
    .option(
      "--slot-decay-per-second <n>",
      "slots that become free in a second by themselves",
      notNegative,
    )
    .addOption(outputOption())
    .action((name: string, options: UpdateOptions) => updateLimit(cli, name, options));
  group
    .command("enable")
    .description("let a concurrency limit take effect")
    .argument("<name>", "its name or id")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions) =>
      changeLimit(cli, name, { active: true }, `Enabled concurrency limit '${name}'.`, options),
    );
  group
    .command("disable")
    .description("let a concurrency limit limit nothing")
    .argument("<name>", "its name or id")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions) =>
      changeLimit(cli, name, { active: false }, `Disabled concurrency limit '${name}'.`, options),
    );
}

async function updateLimit(cli: Cli, name: string, options: UpdateOptions): Promise<void> {
  const { enable, disable, limit, activeSlots, slotDecayPerSecond } = options;
  if (enable && disable) throw usageError("--enable, --disable: only one of them can be meant");
  const active = enable ? true : disable ? false : undefined;
  const change = { limit, active, slotsHeld: activeSlots, slotDecayPerSecond };
  if (Object.values(change).every((value) => value === undefined)) {
    throw usageError(
      "nothing to change: give --limit, --enable, --disable, --active-slots or --slot-decay-per-second",
    );
  }
  await changeLimit(cli, name, change, `Updated concurrency limit '${name}'.`, options);
}

async function changeLimit(
  cli: Cli,
  idOrName: string,
  change: Change,
  done: string,
  options: OutputOptions,
): Promise<void> {
  const { concurrencyLimit } = await cli.connect((plane) =>
    plane.updateConcurrencyLimit({
      idOrName,
      name: change.name,
      limit: change.limit,
      active: change.active,
      slotsHeld: change.slotsHeld,
      slotDecayPerSecond: change.slotDecayPerSecond,
    }),
  );
  if (options.output !== "json") return printSuccess(cli.out, done);
  const changed = concurrencyLimit;
  printJson(cli.out, changed === undefined ? {} : concurrencyLimitDocument(changed));
}
