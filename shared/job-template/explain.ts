import { isJsonObject, type JsonObject, type JsonValue, ownValue } from "#shared/json.ts";
import { expandDottedKeys, mergeJobVariables, variableDefaults } from "./job-variables.ts";
import { findReferences } from "./references.ts";
import { resolveJobConfiguration } from "./resolve.ts";
import { secretVariables } from "./secret-variables.ts";

/** Who gave a value; the last of them wins. `unset`: nobody, so that what needs it is left out. */
export type ValueOrigin = "pool default" | "deployment" | "flow run" | "unset";

/** What a preview is made of. */
export interface ExplainInput {
  readonly baseJobTemplate: JsonObject;
  readonly deploymentJobVariables: JsonObject;
  readonly jobVariables: JsonObject;
  /**
   * The environment variables an agent has: their placeholders stay, as only the agent knows the
   * values, and others are filled with nothing. Undefined: not known, and all stay.
   */
  readonly environmentNames?: ReadonlySet<string> | undefined;
}

/** A job variable with its value. A null is a value that somebody gave. */
export interface ExplainedVariable {
  readonly name: string;
  /** Undefined: unset. */
  readonly value: JsonValue | undefined;
  readonly origin: ValueOrigin;
  /** Whether the template declares it; what it does not declare changes nothing. */
  readonly isDeclared: boolean;
  /** Whether the value must not be shown; it stands here all the same. */
  readonly isSecret: boolean;
}

/** An environment variable of the job. A null takes an inherited one away. */
export interface ExplainedEnvVariable {
  readonly name: string;
  /** Undefined: unset, because a placeholder that is all of its value has none. */
  readonly value: JsonValue | undefined;
  readonly origin: ValueOrigin;
}

/** A job configuration and where what is in it comes from. */
export interface JobExplanation {
  /** Holds secrets as they are. */
  readonly jobConfiguration: JsonObject;
  /** All but `env`, in the order of the template; then those it does not declare. */
  readonly variables: readonly ExplainedVariable[];
  /** What `env` came to. What the pool's job configuration itself sets counts as its default. */
  readonly env: readonly ExplainedEnvVariable[];
  /** Names of the blocks and variables that remain to be read, each once. */
  readonly references: readonly string[];
}

/**
 * The job configuration a run would have, and who gave each value, by the same rules by which an
 * agent resolves it. Nothing is masked: the caller masks the secret ones among the inputs first if
 * the answer is shown.
 */
export function explainJob(input: ExplainInput): JobExplanation {
  const { baseJobTemplate, environmentNames: known } = input;
  const jobConfiguration = resolveJobConfiguration({
    baseJobTemplate,
    deploymentJobVariables: input.deploymentJobVariables,
    jobVariables: input.jobVariables,
    environment: (name) => (known === undefined || known.has(name) ? `{{ $${name} }}` : undefined),
  });
  const levels: Levels = {
    pool: variableDefaults(baseJobTemplate),
    deployment: expandDottedKeys(input.deploymentJobVariables),
    run: expandDottedKeys(input.jobVariables),
  };
  const values = {
    ...levels.pool,
    ...mergeJobVariables(input.deploymentJobVariables, input.jobVariables),
  };
  return {
    jobConfiguration,
    variables: explainVariables(baseJobTemplate, values, levels),
    env: explainEnv(baseJobTemplate, ownValue(jobConfiguration, "env") ?? values["env"], levels),
    references: findReferences(jobConfiguration).map(({ name }) => name),
  };
}

interface Levels {
  readonly pool: JsonObject;
  readonly deployment: JsonObject;
  readonly run: JsonObject;
}

function explainVariables(
  baseJobTemplate: JsonObject,
  values: JsonObject,
  levels: Levels,
): ExplainedVariable[] {
  const declared = Object.keys(objectAt(objectAt(baseJobTemplate, "variables"), "properties"));
  const secret = secretVariables(baseJobTemplate);
  const names = new Set([...declared, ...Object.keys(values)]);
  names.delete("env");
  return [...names].map((name) => ({
    name,
    value: ownValue(values, name),
    origin: originOf(name, levels),
    isDeclared: declared.includes(name),
    isSecret: secret.has(name),
  }));
}

function explainEnv(
  baseJobTemplate: JsonObject,
  resolved: JsonValue | undefined,
  levels: Levels,
): ExplainedEnvVariable[] {
  if (!isJsonObject(resolved)) return [];
  const configured = objectAt(objectAt(baseJobTemplate, "job_configuration"), "env");
  const envs: Levels = {
    pool: { ...configured, ...objectAt(levels.pool, "env") },
    deployment: objectAt(levels.deployment, "env"),
    run: objectAt(levels.run, "env"),
  };
  const names = new Set([envs.pool, envs.deployment, envs.run].flatMap(Object.keys));
  return [...names].map((name) => {
    const value = ownValue(resolved, name);
    return { name, value, origin: value === undefined ? "unset" : originOf(name, envs) };
  });
}

function originOf(name: string, levels: Levels): ValueOrigin {
  if (Object.hasOwn(levels.run, name)) return "flow run";
  if (Object.hasOwn(levels.deployment, name)) return "deployment";
  return Object.hasOwn(levels.pool, name) ? "pool default" : "unset";
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = ownValue(object, key);
  return isJsonObject(value) ? value : {};
}
