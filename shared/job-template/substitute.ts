import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  jsonAsText,
  type JsonValue,
  ownValue,
} from "#shared/json.ts";
import { findPlaceholders, type Placeholder, replacePlaceholders } from "./placeholder.ts";

/** Looks up a variable of the environment in which a template is resolved. */
export type Environment = (name: string) => string | undefined;

/**
 * The template with its `{{ name }}` filled from the values and its `{{ $NAME }}` from the
 * environment; undefined if it is one lone placeholder without a value.
 *
 * - A string that is exactly one placeholder becomes the value, its type kept; without a value its
 *   key or list item is dropped. A null that is given is a value.
 * - Placeholders within a text become text (see `jsonAsText`); without a value, nothing.
 * - `{{ $NAME }}` is always text, and nothing if the environment has no such variable.
 * - Placeholders of blocks and variables stay. Keys are never filled, and what is inserted is not
 *   searched again.
 */
export function substitute(
  template: JsonValue,
  values: JsonObject,
  environment: Environment,
): JsonValue | undefined {
  if (typeof template === "string") return substituteText(template, values, environment);
  if (isJsonArray(template)) {
    return template
      .map((item) => substitute(item, values, environment))
      .filter((item) => item !== undefined);
  }
  if (isJsonObject(template)) return substituteObject(template, values, environment);
  return template;
}

/** As `substitute`, for a template that is an object and therefore always has a result. */
export function substituteObject(
  template: JsonObject,
  values: JsonObject,
  environment: Environment,
): JsonObject {
  const entries: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(template)) {
    const filled = substitute(value, values, environment);
    if (filled !== undefined) entries.push([key, filled]);
  }
  return Object.fromEntries(entries);
}

function substituteText(
  text: string,
  values: JsonObject,
  environment: Environment,
): JsonValue | undefined {
  const [first] = findPlaceholders(text);
  if (first === undefined) return text;
  if (first.kind === "standard" && first.text === text) return valueAt(values, first.name);
  return replacePlaceholders(text, (found) => asText(found, values, environment));
}

function asText(found: Placeholder, values: JsonObject, environment: Environment): string {
  switch (found.kind) {
    case "standard": {
      const value = valueAt(values, found.name);
      return value === undefined ? "" : jsonAsText(value);
    }
    case "environment":
      return environment(found.name.slice(1)) ?? "";
    case "block":
    case "variable":
      return found.text;
  }
}

/**
 * The value a path such as `a.b[0].c` leads to; undefined if a step leads nowhere. A step that is
 * a whole number is an index, from the end if it is negative, and never a key. An empty step, as
 * between two dots, is a key like others.
 */
export function valueAt(values: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = values;
  for (const step of path.replaceAll("]", "").split(/[.[]/)) {
    if (value === undefined) return undefined;
    if (/^-?\d+$/.test(step)) value = isJsonArray(value) ? value.at(Number(step)) : undefined;
    else value = isJsonObject(value) ? ownValue(value, step) : undefined;
  }
  return value;
}
