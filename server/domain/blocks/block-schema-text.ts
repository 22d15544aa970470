import { type ExactJson, parseExactJson } from "#shared/exact-json.ts";
import { pythonJson } from "./python-json.ts";

const DEFINITION = "#/definitions/";

/**
 * The text whose SHA-256 is a block schema's checksum, as Prefect's clients compute it too: the fields
 * without `secret_fields`, and of the `definitions` only those that the schema refers to, directly or by
 * others, and that are no blocks themselves. `fields` is a JSON object, numbers as they were sent.
 */
export function blockSchemaText(fields: string): string {
  const schema = withoutSecretFields(parseExactJson(fields));
  return pythonJson([[keepDefinitions(schema)], new Map()]);
}

/** Drops the key from an object and the objects within it; what is in lists stays. */
function withoutSecretFields(value: ExactJson): ExactJson {
  if (!(value instanceof Map)) return value;
  const kept: [string, ExactJson][] = [];
  for (const [key, inner] of value) {
    if (key !== "secret_fields") kept.push([key, withoutSecretFields(inner)]);
  }
  return new Map(kept);
}

function keepDefinitions(schema: ExactJson): ExactJson {
  const definitions = schema instanceof Map ? schema.get("definitions") : undefined;
  if (!(schema instanceof Map) || !(definitions instanceof Map) || definitions.size === 0) {
    return schema;
  }
  const rest = new Map([...schema].filter(([key]) => key !== "definitions"));
  const used = new Set<string>();
  follow(rest);
  const kept = [...definitions].filter(
    ([name, definition]) => used.has(name) && !isBlock(definition),
  );
  return kept.length === 0 ? rest : rest.set("definitions", new Map(kept));

  function follow(value: ExactJson): void {
    if (Array.isArray(value)) value.forEach(follow);
    if (!(value instanceof Map)) return;
    for (const [key, inner] of value) {
      if (key === "$ref" && typeof inner === "string") reach(inner);
      else follow(inner);
    }
  }

  function reach(reference: string): void {
    const name = reference.startsWith(DEFINITION) ? reference.slice(DEFINITION.length) : "";
    const definition = definitions instanceof Map ? definitions.get(name) : undefined;
    if (definition === undefined || used.has(name)) return;
    used.add(name);
    follow(definition);
  }
}

function isBlock(definition: ExactJson): boolean {
  return definition instanceof Map && definition.has("block_type_slug");
}
