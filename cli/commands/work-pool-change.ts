import type { Command } from "commander";
import type { UpdateWorkPoolRequest } from "#proto/sluice/v1/work_pool_service.ts";
import type { Cli } from "#cli/cli.ts";
import { workPoolDocument } from "#cli/documents.ts";
import { wholeNumber } from "#cli/key-value.ts";
import { outputOption, printJson, printSuccess, type OutputOptions } from "#cli/print.ts";

type Change = Partial<Omit<UpdateWorkPoolRequest, "name">>;

/** `sluice work-pool pause | resume | set-concurrency-limit | clear-concurrency-limit`. */
export function addWorkPoolChanges(group: Command, cli: Cli): void {
  const change = (name: string, wanted: Change, done: string, options: OutputOptions) =>
    changeWorkPool(cli, name, wanted, done, options);

  group
    .command("pause")
    .description("grant nothing until it is resumed; what runs goes on")
    .argument("<name>")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions) =>
      change(name, { isPaused: true }, `Paused work pool '${name}'.`, options),
    );
  group
    .command("resume")
    .description("grant work again")
    .argument("<name>")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions) =>
      change(name, { isPaused: false }, `Resumed work pool '${name}'.`, options),
    );
  group
    .command("set-concurrency-limit")
    .description("allow at most so many runs at once; 0: none")
    .argument("<name>")
    .argument("<n>", "the limit", wholeNumber(0))
    .addOption(outputOption())
    .action((name: string, limit: number, options: OutputOptions) =>
      change(
        name,
        { concurrencyLimit: limit },
        `Work pool '${name}' runs at most ${limit} at once.`,
        options,
      ),
    );
  group
    .command("clear-concurrency-limit")
    .description("allow any number of runs at once")
    .argument("<name>")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions) =>
      change(
        name,
        { clearConcurrencyLimit: true },
        `Work pool '${name}' has no limit now.`,
        options,
      ),
    );
}

async function changeWorkPool(
  cli: Cli,
  name: string,
  change: Change,
  done: string,
  options: OutputOptions,
): Promise<void> {
  const { workPool } = await cli.connect((plane) =>
    plane.updateWorkPool({
      name,
      description: change.description,
      isPaused: change.isPaused,
      concurrencyLimit: change.concurrencyLimit,
      clearConcurrencyLimit: change.clearConcurrencyLimit ?? false,
      baseJobTemplateJson: change.baseJobTemplateJson,
      storageConfiguration: change.storageConfiguration,
    }),
  );
  if (options.output !== "json") return printSuccess(cli.out, done);
  printJson(cli.out, workPool === undefined ? {} : workPoolDocument(workPool));
}
