import { invalidField, messageOf } from "./errors.ts";
import { findJsonSyntaxError } from "./json-syntax.ts";

/** Anything JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object. Keys are own properties only; `__proto__` is a key like any other. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Whether the value is an object and not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object's own value of that key; undefined if it has none. */
export function ownValue(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const MAX_DEPTH = 500;
const JSON_MARK = /"(?:[^"\\]+|\\.)*"|[{}[\]]/gs;

/**
 * Parses a field that holds JSON. Throws an invalid_argument that names the field and the place;
 * also for what is nested deeper than anything that could be worked on without exhausting a stack.
 */
export function parseJson(field: string, text: string): JsonValue {
  requireDepth(field, text);
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch (error) {
    const wrong = findJsonSyntaxError(text);
    const why =
      wrong === undefined
        ? messageOf(error)
        : `line ${wrong.line}, column ${wrong.column}: expected ${wrong.expected}, found ${wrong.found}`;
    throw invalidField(field, `not JSON: ${why}`);
  }
}

function requireDepth(field: string, text: string): void {
  if (text.length <= 2 * MAX_DEPTH) return;
  let depth = 0;
  for (const [mark] of text.matchAll(JSON_MARK)) {
    if (mark === "{" || mark === "[") depth += 1;
    else if (mark === "}" || mark === "]") depth -= 1;
    if (depth > MAX_DEPTH) {
      throw invalidField(field, `it is nested deeper than ${MAX_DEPTH} levels; flatten it`);
    }
  }
}

/** Parses a field that must hold a JSON object; an empty text is `{}`. */
export function parseJsonObject(field: string, text: string): JsonObject {
  if (text.trim() === "") return {};
  const value = parseJson(field, text);
  if (!isJsonObject(value)) {
    throw invalidField(
      field,
      `holds ${kindOfJson(value)}; give a JSON object such as {"key": "value"}`,
    );
  }
  return value;
}

/** Parses a field that must hold a JSON array. */
export function parseJsonArray(field: string, text: string): readonly JsonValue[] {
  const value = parseJson(field, text);
  if (!isJsonArray(value)) {
    throw invalidField(field, `holds ${kindOfJson(value)}; give a JSON array such as [1, 2]`);
  }
  return value;
}

/** Whether the value is a list. */
export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** What kind of JSON a value is, with its article, for messages. */
export function kindOfJson(value: JsonValue): string {
  if (value === null) return "null";
  if (isJsonArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}

/**
 * A value inside of a text: strings as they are, everything else as compact JSON, so that `true`,
 * `3` and `{"a":1}` look the same as where they came from.
 */
export function jsonAsText(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
