import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
} from "#shared/json.ts";

/**
 * The names of the variables whose values must not be shown: those of which any part is marked with
 * `format: "password"` or `writeOnly: true`, or may be a block, as blocks hold credentials.
 */
export function secretVariables(baseJobTemplate: JsonObject): ReadonlySet<string> {
  const variables = ownValue(baseJobTemplate, "variables");
  const properties = isJsonObject(variables) ? ownValue(variables, "properties") : undefined;
  if (!isJsonObject(variables) || !isJsonObject(properties)) return new Set();
  const secret = Object.entries(properties).filter(([, schema]) =>
    isSecret(schema, variables, new Set()),
  );
  return new Set(secret.map(([name]) => name));
}

function isSecret(schema: JsonValue, root: JsonObject, followed: Set<string>): boolean {
  if (isJsonArray(schema)) return schema.some((part) => isSecret(part, root, followed));
  if (!isJsonObject(schema)) return false;
  if (ownValue(schema, "format") === "password" || ownValue(schema, "writeOnly") === true) {
    return true;
  }
  if (typeof ownValue(schema, "block_type_slug") === "string") return true;
  const reference = ownValue(schema, "$ref");
  if (typeof reference === "string" && !followed.has(reference)) {
    followed.add(reference);
    if (isSecret(definitionOf(reference, root), root, followed)) return true;
  }
  return Object.values(schema).some((part) => isSecret(part, root, followed));
}

/** What `#/definitions/X` points to; null if it points to nothing in this schema. */
function definitionOf(reference: string, root: JsonObject): JsonValue {
  const [start, ...steps] = reference.split("/");
  if (start !== "#") return null;
  let value: JsonValue = root;
  for (const step of steps) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    value = isJsonObject(value) ? (ownValue(value, key) ?? null) : null;
  }
  return value;
}
