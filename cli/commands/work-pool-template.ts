import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { chooseWorkerType } from "#cli/choose-worker-type.ts";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { jsonOrText } from "#cli/key-value.ts";
import { printSuccess } from "#cli/print.ts";

interface TemplateOptions {
  readonly type?: string;
  readonly file?: string;
}

const EXAMPLES = `
Examples:
  $ sluice work-pool get-default-base-job-template --type process
  $ sluice work-pool get-default-base-job-template -t docker --file docker.json`;

/** `sluice work-pool get-default-base-job-template`. */
export function addWorkPoolTemplate(group: Command, cli: Cli): void {
  group
    .command("get-default-base-job-template")
    .description("print the template of a work pool whose creator gives none, as JSON")
    .option("-t, --type <type>", "type of infrastructure; left out on a terminal: asked for")
    .option("-f, --file <file>", "write it into this file instead")
    .addHelpText("after", EXAMPLES)
    .action((options: TemplateOptions) => printTemplate(cli, options));
}

async function printTemplate(cli: Cli, options: TemplateOptions): Promise<void> {
  const { baseJobTemplateJson } = await cli.connect(async (plane) =>
    plane.getDefaultBaseJobTemplate({
      type: options.type ?? (await chooseWorkerType(cli, plane)),
    }),
  );
  const text = `${JSON.stringify(jsonOrText(baseJobTemplateJson), null, 2)}\n`;
  const { file } = options;
  if (file === undefined) return cli.out.write(text);
  try {
    writeFileSync(file, text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`--file: ${file} cannot be written: ${why}`);
  }
  printSuccess(cli.out, `Wrote ${file}.`);
}
