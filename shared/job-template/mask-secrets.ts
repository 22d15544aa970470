import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
} from "#shared/json.ts";
import type { ExplainInput } from "./explain.ts";
import { findPlaceholders } from "./placeholder.ts";
import { secretVariables } from "./secret-variables.ts";

/** What stands for a secret that is not shown. */
export const MASK = "********";

/**
 * The input of a preview with every value of a secret variable masked, so that whatever is made of
 * it may be shown. Objects and lists keep their form, so that placeholders find in them what they
 * would find otherwise. Null stays, and so do references to blocks and variables: they name a
 * secret, and are none.
 */
export function maskSecrets(input: ExplainInput): ExplainInput {
  const secret = secretVariables(input.baseJobTemplate);
  if (secret.size === 0) return input;
  return {
    ...input,
    baseJobTemplate: maskDefaults(input.baseJobTemplate, secret),
    deploymentJobVariables: maskNamed(input.deploymentJobVariables, secret),
    jobVariables: maskNamed(input.jobVariables, secret),
  };
}

function maskNamed(variables: JsonObject, secret: ReadonlySet<string>): JsonObject {
  return mapObject(variables, (value, key) =>
    secret.has(key.split(".", 1)[0] ?? "") ? mask(value) : value,
  );
}

function maskDefaults(template: JsonObject, secret: ReadonlySet<string>): JsonObject {
  const variables = ownValue(template, "variables");
  const properties = isJsonObject(variables) ? ownValue(variables, "properties") : undefined;
  if (!isJsonObject(variables) || !isJsonObject(properties)) return template;
  const masked = mapObject(properties, (property, name) =>
    secret.has(name) && isJsonObject(property) ? mapDefault(property) : property,
  );
  return { ...template, variables: { ...variables, properties: masked } };
}

function mapDefault(property: JsonObject): JsonObject {
  return mapObject(property, (value, key) => (key === "default" ? mask(value) : value));
}

function mask(value: JsonValue): JsonValue {
  if (value === null) return null;
  if (isJsonArray(value)) return value.map(mask);
  if (isJsonObject(value)) return isBlockReference(value) ? value : mapObject(value, mask);
  return isReference(value) ? value : MASK;
}

function isBlockReference(value: JsonObject): boolean {
  const target = ownValue(value, "$ref");
  const id = isJsonObject(target) ? ownValue(target, "block_document_id") : undefined;
  return typeof id === "string" && Object.keys(value).length === 1;
}

/** Whether the text is one placeholder of a block or variable and nothing else. */
function isReference(value: JsonValue): boolean {
  if (typeof value !== "string") return false;
  const [found] = findPlaceholders(value);
  return found?.text === value && (found.kind === "block" || found.kind === "variable");
}

function mapObject(
  object: JsonObject,
  change: (value: JsonValue, key: string) => JsonValue,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, change(value, key)]),
  );
}
