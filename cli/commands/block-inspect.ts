import type { Command } from "commander";
import { blockDocument, findBlock, fullName } from "#cli/block-documents.ts";
import type { Cli } from "#cli/cli.ts";
import { textAt, timeAt } from "#cli/json-fields.ts";
import {
  outputOption,
  printDetails,
  printHeading,
  printJson,
  type OutputOptions,
} from "#cli/print.ts";
import { localTime } from "#cli/time-text.ts";

/** `sluice block inspect`. */
export function addBlockInspect(group: Command, cli: Cli): void {
  group
    .command("inspect")
    .description("show a block; its secrets are masked")
    .argument("<block>", "its id, or TYPE/NAME")
    .addOption(outputOption())
    .action((block: string, options: OutputOptions) => inspectBlock(cli, block, options));
}

async function inspectBlock(cli: Cli, idOrName: string, options: OutputOptions): Promise<void> {
  const block = await findBlock(cli.rest(), idOrName);
  if (options.output === "json") return printJson(cli.out, blockDocument(block));
  printDetails(cli.out, [
    ["block", fullName(block)],
    ["id", textAt(block, "id")],
    ["created", localTime(timeAt(block, "created"))],
    ["updated", localTime(timeAt(block, "updated"))],
  ]);
  printHeading(cli.out, "Data");
  cli.out.write(`${JSON.stringify(block["data"], null, 2)}\n`);
}
