import type { Command } from "commander";
import { variableDocument } from "#cli/block-documents.ts";
import type { Cli } from "#cli/cli.ts";
import { objectIn, textAt, textsAt, timeAt } from "#cli/json-fields.ts";
import { jsonText, outputOption, printDetails, printJson, type OutputOptions } from "#cli/print.ts";
import { localTime } from "#cli/time-text.ts";
import { variablePath } from "#cli/variable-path.ts";

/** `sluice variable inspect`. */
export function addVariableInspect(group: Command, cli: Cli): void {
  group
    .command("inspect")
    .description("show all about a variable")
    .argument("<name>")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions) => inspectVariable(cli, name, options));
}

async function inspectVariable(cli: Cli, name: string, options: OutputOptions): Promise<void> {
  const variable = objectIn(await cli.rest().call("GET", variablePath(name)));
  if (options.output === "json") return printJson(cli.out, variableDocument(variable));
  printDetails(cli.out, [
    ["name", textAt(variable, "name")],
    ["id", textAt(variable, "id")],
    ["value", jsonText(variable["value"])],
    ["tags", textsAt(variable, "tags").join(", ")],
    ["created", localTime(timeAt(variable, "created"))],
    ["updated", localTime(timeAt(variable, "updated"))],
  ]);
}
