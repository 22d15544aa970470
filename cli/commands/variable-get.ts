import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { outputOption, type OutputOptions } from "#cli/print.ts";
import { variablePath } from "#cli/variable-path.ts";
import { parseExactJson, writeExactJson } from "#shared/exact-json.ts";

/** `sluice variable get`. */
export function addVariableGet(group: Command, cli: Cli): void {
  group
    .command("get")
    .description("print the value of a variable: a text as it is, anything else as JSON")
    .argument("<name>")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions) => getVariable(cli, name, options));
}

async function getVariable(cli: Cli, name: string, options: OutputOptions): Promise<void> {
  const variable = parseExactJson(await cli.rest().call("GET", variablePath(name)));
  const value = (variable instanceof Map ? variable.get("value") : undefined) ?? null;
  const isText = typeof value === "string" && options.output !== "json";
  cli.out.write(`${isText ? value : writeExactJson(value)}\n`);
}
