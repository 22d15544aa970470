import type { Command } from "commander";
import { findBlock, fullName } from "#cli/block-documents.ts";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { textAt } from "#cli/json-fields.ts";
import { outputOption, printJson, printSuccess, type OutputOptions } from "#cli/print.ts";

type DeleteOptions = OutputOptions & { readonly yes?: true };

/** `sluice block delete`. */
export function addBlockDelete(group: Command, cli: Cli): void {
  group
    .command("delete")
    .description("delete a block; jobs that refer to it will not start")
    .argument("<block>", "its id, or TYPE/NAME")
    .option("-y, --yes", "do not ask")
    .addOption(outputOption())
    .action((block: string, options: DeleteOptions) => deleteBlock(cli, block, options));
}

async function deleteBlock(cli: Cli, idOrName: string, options: DeleteOptions): Promise<void> {
  const rest = cli.rest();
  const block = await findBlock(rest, idOrName);
  const name = fullName(block);
  if (options.yes !== true && !(await cli.surroundings.confirm(`Delete block '${name}'?`))) {
    throw new CliError("not deleted");
  }
  await rest.call("DELETE", `/block_documents/${textAt(block, "id")}`);
  if (options.output === "json") return printJson(cli.out, { deleted: name });
  printSuccess(cli.out, `Deleted block '${name}'.`);
}
