import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { outputOption, type OutputOptions, printJson, printSuccess } from "#cli/print.ts";

interface DeleteOptions extends OutputOptions {
  readonly yes?: true;
}

/** `sluice global-concurrency-limit delete`. */
export function addConcurrencyLimitDelete(group: Command, cli: Cli): void {
  group
    .command("delete")
    .description("delete a concurrency limit; deployments that had it have none")
    .argument("<name>", "its name or id")
    .option("-y, --yes", "do not ask")
    .addOption(outputOption())
    .action((name: string, options: DeleteOptions) => deleteLimit(cli, name, options));
}

async function deleteLimit(cli: Cli, idOrName: string, options: DeleteOptions): Promise<void> {
  await cli.connect(async (plane) => {
    await plane.getConcurrencyLimit({ idOrName });
    const question = `Delete concurrency limit '${idOrName}'?`;
    if (options.yes !== true && !(await cli.surroundings.confirm(question))) {
      throw new CliError("not deleted");
    }
    await plane.deleteConcurrencyLimit({ idOrName });
  });
  if (options.output === "json") return printJson(cli.out, { deleted: idOrName });
  printSuccess(cli.out, `Deleted concurrency limit '${idOrName}'.`);
}
