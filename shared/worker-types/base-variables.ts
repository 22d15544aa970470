import type { JsonObject } from "#shared/json.ts";
import { optional, TEXT, variable } from "./variable-schema.ts";

/** The variables that every type has, by their names. */
export const BASE_VARIABLES: Readonly<Record<string, JsonObject>> = {
  name: optional(
    "Name",
    "What the infrastructure calls the job. Left out: the name of the flow run.",
    TEXT,
  ),
  env: variable(
    "Environment variables",
    "Set in the environment of the job. A null takes an inherited variable away.",
    { type: "object", additionalProperties: { anyOf: [TEXT, { type: "null" }] } },
  ),
  labels: variable("Labels", "Put on whatever the infrastructure creates for the job.", {
    type: "object",
    additionalProperties: TEXT,
  }),
  command: optional(
    "Command",
    "What to run. Left out: the engine runs the flow of the entrypoint.",
    TEXT,
  ),
};
