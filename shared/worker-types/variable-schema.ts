import type { JsonObject, JsonValue } from "#shared/json.ts";

export const TEXT: JsonObject = { type: "string" };
export const TEXTS: JsonObject = { type: "array", items: TEXT };
export const INTEGER: JsonObject = { type: "integer" };
export const NUMBER: JsonObject = { type: "number" };
export const FLAG: JsonObject = { type: "boolean" };
export const OBJECT: JsonObject = { type: "object" };

/** One text of a list. */
export function oneOf(...values: readonly string[]): JsonObject {
  return { type: "string", enum: values };
}

/** A reference into the `definitions` of the same template. */
export function reference(definition: string): JsonObject {
  return { $ref: `#/definitions/${definition}` };
}

/** A variable that is not null. Lists and objects get no default: left out, they are unset. */
export function variable(
  title: string,
  description: string,
  schema: JsonObject,
  defaultValue?: JsonValue,
): JsonObject {
  const byDefault = defaultValue === undefined ? {} : { default: defaultValue };
  return { title, description, ...schema, ...byDefault };
}

/** A variable that may be null, and is if it is left out. */
export function optional(
  title: string,
  description: string,
  ...schemas: readonly JsonObject[]
): JsonObject {
  return { title, description, anyOf: [...schemas, { type: "null" }], default: null };
}
