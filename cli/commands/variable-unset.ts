import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { outputOption, printJson, printSuccess, type OutputOptions } from "#cli/print.ts";
import { variablePath } from "#cli/variable-path.ts";

type UnsetOptions = OutputOptions & { readonly yes?: true };

/** `sluice variable unset`. */
export function addVariableUnset(group: Command, cli: Cli): void {
  group
    .command("unset")
    .alias("delete")
    .description("delete a variable; jobs that refer to it get nothing in its place")
    .argument("<name>")
    .option("-y, --yes", "do not ask")
    .addOption(outputOption())
    .action((name: string, options: UnsetOptions) => unsetVariable(cli, name, options));
}

async function unsetVariable(cli: Cli, name: string, options: UnsetOptions): Promise<void> {
  const rest = cli.rest();
  await rest.call("GET", variablePath(name));
  if (options.yes !== true && !(await cli.surroundings.confirm(`Delete variable '${name}'?`))) {
    throw new CliError("not deleted");
  }
  await rest.call("DELETE", variablePath(name));
  if (options.output === "json") return printJson(cli.out, { deleted: name });
  printSuccess(cli.out, `Deleted variable '${name}'.`);
}
