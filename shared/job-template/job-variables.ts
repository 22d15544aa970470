import { isJsonObject, type JsonObject, type JsonValue, ownValue } from "#shared/json.ts";

/**
 * The job variables a run is given: the deployment's, overlaid by the run's own. A key of the run
 * replaces the deployment's as a whole, except `env`, which is merged variable by variable.
 *
 * A key with dots is short for nested objects: `"env.FOO": "x"` means `{"env": {"FOO": "x"}}`. It is
 * merged into what is there; where one level gives both forms, the nested one wins.
 */
export function mergeJobVariables(deployment: JsonObject, run: JsonObject): JsonObject {
  const base = expandDottedKeys(deployment);
  const baseEnv = ownValue(base, "env");
  const { plain, nested } = splitKeys(run);
  const { env, ...others } = plain;
  // An env of null adds nothing to one that is there.
  const own = env === undefined || (env === null && isJsonObject(baseEnv)) ? others : plain;
  const bothEnvs =
    isJsonObject(baseEnv) && isJsonObject(env) ? { env: { ...baseEnv, ...env } } : {};
  return deepMerge(deepMerge({ ...base, ...own, ...bothEnvs }, nested), own);
}

/** The variables with each dotted key written as nested objects. */
export function expandDottedKeys(variables: JsonObject): JsonObject {
  const { plain, nested } = splitKeys(variables);
  return deepMerge(nested, plain);
}

/** The defaults of a template's variables. A null default is none: the placeholder is dropped. */
export function variableDefaults(baseJobTemplate: JsonObject): JsonObject {
  const variables = ownValue(baseJobTemplate, "variables");
  const properties = isJsonObject(variables) ? ownValue(variables, "properties") : undefined;
  if (!isJsonObject(properties)) return {};
  const defaults: [string, JsonValue][] = [];
  for (const [name, property] of Object.entries(properties)) {
    const value = isJsonObject(property) ? ownValue(property, "default") : undefined;
    if (value !== undefined && value !== null) defaults.push([name, value]);
  }
  return Object.fromEntries(defaults);
}

/** Two objects as one: objects under the same key are merged, anything else is `over`'s. */
function deepMerge(base: JsonObject, over: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const old = merged.get(key);
    merged.set(key, isJsonObject(old) && isJsonObject(value) ? deepMerge(old, value) : value);
  }
  return Object.fromEntries(merged);
}

function splitKeys(variables: JsonObject): { plain: JsonObject; nested: JsonObject } {
  const plain: [string, JsonValue][] = [];
  let nested: JsonObject = {};
  for (const [key, value] of Object.entries(variables)) {
    if (!key.includes(".")) plain.push([key, value]);
    else {
      const steps = key.split(".").reverse();
      const tree = steps.reduce<JsonValue>(
        (inner, step) => Object.fromEntries([[step, inner]]),
        value,
      );
      if (isJsonObject(tree)) nested = deepMerge(nested, tree);
    }
  }
  return { plain: Object.fromEntries(plain), nested };
}
