import { MASK } from "#shared/mask.ts";
import { isJsonObject, type JsonObject, type JsonValue, ownValue } from "#shared/json.ts";

/** Keys that lead to a value within a block's data. */
export type Path = readonly string[];

/** A secret and where it stands. */
export interface Secret {
  readonly path: Path;
  readonly value: JsonValue;
}

/**
 * The places in a block's data that hold secrets, by its schema's `secret_fields`, such as `password`,
 * `account.key` and `headers.*`. Within an object each value is one. A path that goes on where there
 * is no object, as into a list, makes all of that a secret: rather too much is hidden than too little.
 */
export function secretPaths(data: JsonObject, secretFields: readonly string[]): Path[] {
  const found = new Map<string, Path>();
  for (const field of secretFields) {
    for (const path of walk(data, field.split("."), [])) found.set(JSON.stringify(path), path);
  }
  return [...found.values()];
}

/** The data without its secrets, null in their places, and the secrets. */
export function takeSecrets(
  data: JsonObject,
  secretFields: readonly string[],
): { readonly data: JsonObject; readonly secrets: readonly Secret[] } {
  const secrets = secretPaths(data, secretFields).map((path) => ({
    path,
    value: valueAtPath(data, path) ?? null,
  }));
  return { data: secrets.reduce((rest, { path }) => replaceAt(rest, path, null), data), secrets };
}

/** The data with something else at that place; the same if the place is not there. */
export function replaceAt(data: JsonObject, path: Path, value: JsonValue): JsonObject {
  return change(data, path, () => value);
}

/** The data without what is at that place. */
export function removeAt(data: JsonObject, path: Path): JsonObject {
  return change(data, path, () => undefined);
}

/** What is at that place; undefined if nothing is. */
export function valueAtPath(data: JsonObject, path: Path): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, key) => (isJsonObject(value) ? ownValue(value, key) : undefined),
    data,
  );
}

/** The data with each secret hidden. */
export function maskSecrets(data: JsonObject, secretFields: readonly string[]): JsonObject {
  return secretPaths(data, secretFields).reduce(
    (masked, path) => replaceAt(masked, path, MASK),
    data,
  );
}

function walk(value: JsonValue, steps: readonly string[], path: Path): Path[] {
  const [step, ...rest] = steps;
  if (step === undefined) return leaves(value, path);
  if (!isJsonObject(value)) return [path];
  return Object.entries(value)
    .filter(([key]) => step === "*" || key === step)
    .flatMap(([key, inner]) => walk(inner, rest, [...path, key]));
}

function leaves(value: JsonValue, path: Path): Path[] {
  if (!isJsonObject(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function change(
  data: JsonObject,
  [key, ...rest]: Path,
  value: () => JsonValue | undefined,
): JsonObject {
  return Object.fromEntries(
    Object.entries(data).flatMap(([name, inner]): [string, JsonValue][] => {
      if (name !== key) return [[name, inner]];
      if (rest.length > 0)
        return [[name, isJsonObject(inner) ? change(inner, rest, value) : inner]];
      const changed = value();
      return changed === undefined ? [] : [[name, changed]];
    }),
  );
}
