import { isJsonObject, type JsonObject, type JsonValue, ownValue } from "#shared/json.ts";
import { mergeJobVariables, variableDefaults } from "./job-variables.ts";
import { type Environment, substituteObject } from "./substitute.ts";

/** What a job configuration is made of. */
export interface TemplateInput {
  /** `{}`, or an object of `job_configuration` and `variables`. */
  readonly baseJobTemplate: JsonObject;
  readonly deploymentJobVariables: JsonObject;
  /** The run's own; they win over the deployment's, and those over the template's defaults. */
  readonly jobVariables: JsonObject;
  /** The environment of the program that resolves, for `{{ $NAME }}`. */
  readonly environment: Environment;
}

/**
 * The job configuration of one run, every placeholder filled but those of blocks and variables
 * (`findReferences` finds them). Of all variables only `env` is merged across the levels, later
 * ones winning name by name: template, template default, deployment, run. Changes no input.
 */
export function resolveJobConfiguration(input: TemplateInput): JsonObject {
  const configuration = ownValue(input.baseJobTemplate, "job_configuration");
  if (!isJsonObject(configuration)) return {};
  const given = mergeJobVariables(input.deploymentJobVariables, input.jobVariables);
  const defaults = variableDefaults(input.baseJobTemplate);
  const withDefaultEnv = addDefaultEnv(configuration, ownValue(defaults, "env"));
  const withEnv = addGivenEnv(withDefaultEnv, ownValue(given, "env"));
  return substituteObject(withEnv, { ...defaults, ...given }, input.environment);
}

/** The default of `env` under a configuration that is to be merged with what a run gives. */
function addDefaultEnv(configuration: JsonObject, defaultEnv: JsonValue | undefined): JsonObject {
  if (!isJsonObject(defaultEnv) || Object.keys(defaultEnv).length === 0) return configuration;
  const env = ownValue(configuration, "env");
  if (isJsonObject(env)) return { ...configuration, env: { ...env, ...defaultEnv } };
  return typeof env === "string" ? { ...configuration, env: defaultEnv } : configuration;
}

function addGivenEnv(configuration: JsonObject, givenEnv: JsonValue | undefined): JsonObject {
  const env = ownValue(configuration, "env");
  if (!isJsonObject(env) || !isJsonObject(givenEnv)) return configuration;
  return { ...configuration, env: { ...env, ...givenEnv } };
}
