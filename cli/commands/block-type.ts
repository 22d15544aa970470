import type { Command } from "commander";
import { blockTypeDocument } from "#cli/block-documents.ts";
import type { Cli } from "#cli/cli.ts";
import { objectAt, objectIn, textAt, textsAt } from "#cli/json-fields.ts";
import {
  outputOption,
  printDetails,
  printHeading,
  printJson,
  printTable,
  type OutputOptions,
} from "#cli/print.ts";
import { isJsonObject } from "#shared/json.ts";

/** `sluice block type …`: the kinds of block there are. */
export function addBlockTypeCommands(block: Command, cli: Cli): void {
  const group = block
    .command("type")
    .alias("types")
    .description("the kinds of block there are; clients register more");
  group
    .command("ls")
    .description("list the kinds of block by name")
    .addOption(outputOption())
    .action((options: OutputOptions) => listBlockTypes(cli, options));
  group
    .command("inspect")
    .description("show a kind of block and the fields of its newest schema")
    .argument("<slug>")
    .addOption(outputOption())
    .action((slug: string, options: OutputOptions) => inspectBlockType(cli, slug, options));
}

async function listBlockTypes(cli: Cli, options: OutputOptions): Promise<void> {
  const types = await cli.rest().list("/block_types/filter", {});
  if (options.output === "json") return printJson(cli.out, types.map(blockTypeDocument));
  printTable(
    cli.out,
    [{ title: "SLUG" }, { title: "NAME" }, { title: "DESCRIPTION", flexible: true }],
    types.map((type) => [
      { text: textAt(type, "slug"), paint: cli.out.colours.green },
      textAt(type, "name"),
      textAt(type, "description").replaceAll(/\s+/g, " "),
    ]),
  );
}

async function inspectBlockType(cli: Cli, slug: string, options: OutputOptions): Promise<void> {
  const rest = cli.rest();
  const type = objectIn(await rest.call("GET", `/block_types/slug/${encodeURIComponent(slug)}`));
  const ofType = { block_type_id: { any_: [textAt(type, "id")] } };
  const [schema = {}] = await rest.list("/block_schemas/filter", { block_schemas: ofType });
  const fields = objectAt(schema, "fields");
  if (options.output === "json") {
    return printJson(cli.out, { ...blockTypeDocument(type), fields });
  }
  const secret = textsAt(fields, "secret_fields");
  printDetails(cli.out, [
    ["slug", textAt(type, "slug")],
    ["name", textAt(type, "name")],
    ["id", textAt(type, "id")],
    ["description", textAt(type, "description")],
    ["secret", secret.join(", ")],
  ]);
  printHeading(cli.out, "Fields");
  const required = new Set(textsAt(fields, "required"));
  printTable(
    cli.out,
    [{ title: "NAME" }, { title: "REQUIRED" }, { title: "DESCRIPTION", flexible: true }],
    Object.entries(objectAt(fields, "properties")).map(([name, property]) => [
      { text: name, paint: cli.out.colours.green },
      required.has(name) ? "yes" : "",
      isJsonObject(property) ? textAt(property, "description") : "",
    ]),
  );
}
