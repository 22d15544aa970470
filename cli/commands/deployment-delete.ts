import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { outputOption, type OutputOptions, printJson, printSuccess } from "#cli/print.ts";

/** `sluice deployment delete`. */
export function addDeploymentDelete(group: Command, cli: Cli): void {
  group
    .command("delete")
    .description("delete a deployment and its runs that never ran; other runs stay")
    .argument("<deployment>", "its id, or FLOW/NAME")
    .option("-y, --yes", "do not ask")
    .addOption(outputOption())
    .action((idOrName: string, options: OutputOptions & { yes?: true }) =>
      deleteDeployment(cli, idOrName, options),
    );
}

async function deleteDeployment(
  cli: Cli,
  idOrName: string,
  options: OutputOptions & { yes?: true },
): Promise<void> {
  const name = await cli.connect(async (plane) => {
    const { deployment } = await plane.getDeployment({ idOrName });
    const full = deployment === undefined ? idOrName : `${deployment.flowName}/${deployment.name}`;
    if (options.yes !== true && !(await cli.surroundings.confirm(`Delete deployment '${full}'?`))) {
      throw new CliError("not deleted");
    }
    await plane.deleteDeployment({ idOrName: deployment?.id ?? idOrName });
    return full;
  });
  if (options.output === "json") return printJson(cli.out, { deleted: name });
  printSuccess(cli.out, `Deleted deployment '${name}'.`);
}
