import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { outputOption, type OutputOptions, printJson, printSuccess } from "#cli/print.ts";

/** `sluice work-pool delete`. */
export function addWorkPoolDelete(group: Command, cli: Cli): void {
  group
    .command("delete")
    .description(
      "delete a work pool, its queues and agents; deployments and runs stay, without a pool",
    )
    .argument("<name>")
    .option("-y, --yes", "do not ask")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions & { yes?: true }) =>
      deleteWorkPool(cli, name, options),
    );
}

async function deleteWorkPool(
  cli: Cli,
  name: string,
  options: OutputOptions & { yes?: true },
): Promise<void> {
  await cli.connect(async (plane) => {
    await plane.getWorkPool({ name });
    if (options.yes !== true && !(await cli.surroundings.confirm(`Delete work pool '${name}'?`))) {
      throw new CliError("not deleted");
    }
    await plane.deleteWorkPool({ name });
  });
  if (options.output === "json") return printJson(cli.out, { deleted: name });
  printSuccess(cli.out, `Deleted work pool '${name}'.`);
}
