import type { Command } from "commander";
import { blockDocument, fullName } from "#cli/block-documents.ts";
import type { Cli } from "#cli/cli.ts";
import { collectWords } from "#cli/key-value.ts";
import { textAt, timeAt } from "#cli/json-fields.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";
import { relativeTime } from "#cli/time-text.ts";

type ListOptions = OutputOptions & { readonly type?: readonly string[] };

/** `sluice block ls`. */
export function addBlockLs(group: Command, cli: Cli): void {
  group
    .command("ls")
    .description("list blocks by their kinds and names")
    .option("--type <slug>", "only of this kind; repeatable", collectWords)
    .addOption(outputOption())
    .action((options: ListOptions) => listBlocks(cli, options));
}

async function listBlocks(cli: Cli, options: ListOptions): Promise<void> {
  const ofTypes =
    options.type === undefined ? {} : { block_types: { slug: { any_: options.type } } };
  const filter = { ...ofTypes, sort: "BLOCK_TYPE_AND_NAME_ASC" };
  const blocks = await cli.rest().list("/block_documents/filter", filter);
  if (options.output === "json") return printJson(cli.out, blocks.map(blockDocument));
  if (blocks.length === 0) return printNote(cli.out, "No blocks.");
  printTable(
    cli.out,
    [{ title: "BLOCK", flexible: true }, { title: "ID" }, { title: "UPDATED" }],
    blocks.map((block) => [
      { text: fullName(block), paint: cli.out.colours.green },
      textAt(block, "id"),
      relativeTime(timeAt(block, "updated"), cli.surroundings.now()),
    ]),
  );
}
