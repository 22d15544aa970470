import type { Command } from "commander";
import { variableDocument } from "#cli/block-documents.ts";
import type { Cli } from "#cli/cli.ts";
import { textAt, textsAt, timeAt } from "#cli/json-fields.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";
import { relativeTime } from "#cli/time-text.ts";

/** `sluice variable ls`. */
export function addVariableLs(group: Command, cli: Cli): void {
  group
    .command("ls")
    .description("list variables by name")
    .addOption(outputOption())
    .action((options: OutputOptions) => listVariables(cli, options));
}

async function listVariables(cli: Cli, options: OutputOptions): Promise<void> {
  const variables = await cli.rest().list("/variables/filter", {});
  if (options.output === "json") return printJson(cli.out, variables.map(variableDocument));
  if (variables.length === 0) {
    return printNote(cli.out, "No variables. Set one with: sluice variable set NAME VALUE");
  }
  printTable(
    cli.out,
    [
      { title: "NAME", flexible: true },
      { title: "VALUE", flexible: true },
      { title: "TAGS", flexible: true },
      { title: "UPDATED" },
    ],
    variables.map((variable) => [
      { text: textAt(variable, "name"), paint: cli.out.colours.green },
      JSON.stringify(variable["value"]),
      textsAt(variable, "tags").join(", "),
      relativeTime(timeAt(variable, "updated"), cli.surroundings.now()),
    ]),
  );
}
