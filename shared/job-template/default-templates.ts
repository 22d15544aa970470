import { invalidField } from "#shared/errors.ts";
import type { JsonObject, JsonValue } from "#shared/json.ts";

/** The variables and the job configuration that a type of infrastructure adds to the base. */
interface TypeTemplate {
  /** JSON Schema of each variable, by its name. */
  readonly variables: Readonly<Record<string, JsonObject>>;
  /** Keys of the job configuration that are not just the variable of the same name. */
  readonly jobConfiguration?: JsonObject;
}

// Each type of pool has these.
const BASE_VARIABLES: Readonly<Record<string, JsonObject>> = {
  name: {
    title: "Name",
    description: "What the infrastructure calls the job. Left out: the name of the flow run.",
    anyOf: [{ type: "string" }, { type: "null" }],
    default: null,
  },
  env: {
    title: "Environment variables",
    description: "Set in the environment of the job. A null takes an inherited variable away.",
    type: "object",
    additionalProperties: { anyOf: [{ type: "string" }, { type: "null" }] },
  },
  labels: {
    title: "Labels",
    description: "Put on whatever the infrastructure creates for the job.",
    type: "object",
    additionalProperties: { type: "string" },
  },
  command: {
    title: "Command",
    description: "What to run. Left out: the engine runs the flow of the entrypoint.",
    anyOf: [{ type: "string" }, { type: "null" }],
    default: null,
  },
};

const TYPES: Readonly<Record<string, TypeTemplate>> = {
  process: {
    variables: {
      stream_output: {
        title: "Stream output",
        description: "Also write the output of the job to the output of the agent.",
        type: "boolean",
        default: true,
      },
      working_dir: {
        title: "Working directory",
        description: "Where the job starts. Left out: a fresh directory, removed after the run.",
        anyOf: [{ type: "string", format: "path" }, { type: "null" }],
        default: null,
      },
    },
  },
};

/** The types of pool that have a default template. */
export const KNOWN_POOL_TYPES: readonly string[] = Object.keys(TYPES);

/**
 * The base job template of a pool of that type whose creator gave none. Throws an invalid_argument
 * for a type without a default.
 */
export function defaultBaseJobTemplate(type: string): JsonObject {
  const template = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (template === undefined) {
    throw invalidField(
      "type",
      `'${type}' has no default template; use ${listOf(KNOWN_POOL_TYPES)}, or give a base job template`,
    );
  }
  const variables = { ...BASE_VARIABLES, ...template.variables };
  const placeholders = Object.keys(variables).map((name): [string, JsonValue] => [
    name,
    `{{ ${name} }}`,
  ]);
  return {
    job_configuration: { ...Object.fromEntries(placeholders), ...template.jobConfiguration },
    variables: { type: "object", properties: variables },
  };
}

function listOf(types: readonly string[]): string {
  return types.length === 1
    ? `'${types[0]}'`
    : `one of ${types.map((type) => `'${type}'`).join(", ")}`;
}
