import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { variableDocument } from "#cli/block-documents.ts";
import { CliError } from "#cli/cli-error.ts";
import { objectIn } from "#cli/json-fields.ts";
import { collectWords } from "#cli/key-value.ts";
import { outputOption, printJson, printSuccess, type OutputOptions } from "#cli/print.ts";
import { variablePath } from "#cli/variable-path.ts";

interface SetOptions extends OutputOptions {
  readonly tag?: readonly string[];
  readonly overwrite?: true;
}

/** `sluice variable set`. */
export function addVariableSet(group: Command, cli: Cli): void {
  group
    .command("set")
    .description("create a variable, or with --overwrite change it")
    .argument("<name>", "small letters, digits, - and _")
    .argument("<value>", "JSON where it is JSON, and text otherwise")
    .option("--tag <tag>", "a tag of it; repeatable", collectWords)
    .option("--overwrite", "change it if there is one; without --tag its tags stay")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  $ sluice variable set stage production
  $ sluice variable set limits '{"rows": 1000}' --tag etl --overwrite`,
    )
    .action((name: string, value: string, options: SetOptions) =>
      setVariable(cli, name, value, options),
    );
}

async function setVariable(
  cli: Cli,
  name: string,
  value: string,
  options: SetOptions,
): Promise<void> {
  const rest = cli.rest();
  const found = await rest.find(variablePath(name));
  if (found !== undefined && options.overwrite !== true) {
    throw new CliError(`there is a variable '${name}' already`, {
      hints: ["Change it with --overwrite, or choose another name."],
    });
  }
  const tags = options.tag === undefined ? "" : `,"tags":${JSON.stringify(options.tag)}`;
  // As JSON text, so that no digit of a long number is lost.
  const given = `"value":${jsonText(value)}${tags}`;
  if (found === undefined) {
    await rest.call("POST", "/variables/", `{"name":${JSON.stringify(name)},${given}}`);
  } else await rest.call("PATCH", variablePath(name), `{${given}}`);
  if (options.output !== "json") return printSuccess(cli.out, `Set variable '${name}'.`);
  printJson(cli.out, variableDocument(objectIn(await rest.call("GET", variablePath(name)))));
}

function jsonText(value: string): string {
  try {
    JSON.parse(value);
    return value;
  } catch {
    return JSON.stringify(value);
  }
}
