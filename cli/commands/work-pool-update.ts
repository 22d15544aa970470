import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { usageError } from "#cli/cli-error.ts";
import { workPoolDocument } from "#cli/documents.ts";
import { wholeNumber } from "#cli/key-value.ts";
import { outputOption, printJson, printSuccess, type OutputOptions } from "#cli/print.ts";
import { readTemplate, TEMPLATE_FLAG, TEMPLATE_HELP } from "#cli/template-file.ts";

interface UpdateOptions extends OutputOptions {
  readonly description?: string;
  readonly concurrencyLimit?: number;
  readonly baseJobTemplate?: string;
  readonly ageing?: number;
}

const EXAMPLES = `
Examples:
  $ sluice work-pool update local --description 'the small machine'
  $ sluice work-pool update local --concurrency-limit 0
  $ sluice work-pool update local --ageing 600
  $ sluice work-pool update local --base-job-template - < pool.json`;

/** `sluice work-pool update`. */
export function addWorkPoolUpdate(group: Command, cli: Cli): void {
  group
    .command("update")
    .description("change what flags name of a work pool; the rest stays")
    .argument("<name>")
    .option("--description <text>", "for people; empty: none")
    .option("--concurrency-limit <n>", "most runs at once; 0: none", wholeNumber(0))
    .option(TEMPLATE_FLAG, TEMPLATE_HELP)
    .option(
      "--ageing <seconds>",
      "for each such span overdue a run gains one priority; 0: none does",
      wholeNumber(0),
    )
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((name: string, options: UpdateOptions) => updateWorkPool(cli, name, options));
}

async function updateWorkPool(cli: Cli, name: string, options: UpdateOptions): Promise<void> {
  const { description, concurrencyLimit, baseJobTemplate, ageing } = options;
  const given = [description, concurrencyLimit, baseJobTemplate, ageing];
  if (given.every((value) => value === undefined)) {
    throw usageError(
      "nothing to change: give --description, --concurrency-limit, --base-job-template or --ageing",
    );
  }
  const template =
    baseJobTemplate === undefined ? undefined : await readTemplate(cli, baseJobTemplate);
  const { workPool } = await cli.connect((plane) =>
    plane.updateWorkPool({
      name,
      description,
      isPaused: undefined,
      concurrencyLimit,
      clearConcurrencyLimit: false,
      baseJobTemplateJson: template,
      storageConfiguration: undefined,
      ageingSeconds: ageing,
    }),
  );
  if (options.output !== "json") return printSuccess(cli.out, `Updated work pool '${name}'.`);
  printJson(cli.out, workPool === undefined ? {} : workPoolDocument(workPool));
}
