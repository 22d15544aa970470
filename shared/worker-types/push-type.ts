import { isJsonArray, isJsonObject, type JsonObject, ownValue } from "#shared/json.ts";
import type { JobTemplate, WorkerType } from "./worker-type.ts";

/** What a type without a worker says of itself, and the variables that become required, described. */
export interface PushChanges {
  readonly displayName: string;
  readonly description: string;
  readonly required: Readonly<Record<string, string>>;
}

/**
 * The type that submits to the infrastructure of another one without a worker: the same variables,
 * of which some must now have a value, as there are no surroundings that could provide it.
 */
export function pushType(base: WorkerType, changes: PushChanges): WorkerType {
  return {
    ...base,
    type: `${base.type}:push`,
    displayName: changes.displayName,
    description: changes.description,
    documentationUrl: PUSH_DOCUMENTATION,
    installCommand: "",
    defaultBaseJobTemplate: requireVariables(base.defaultBaseJobTemplate, changes.required),
  };
}

/** The heading of our documents about types that no worker serves. */
export const PUSH_DOCUMENTATION = "/docs/worker-types#push-and-managed-types";

function requireVariables(
  template: JobTemplate,
  described: Readonly<Record<string, string>>,
): JobTemplate {
  const properties = ownValue(template.variables, "properties");
  const required = ownValue(template.variables, "required") ?? [];
  if (!isJsonObject(properties) || !isJsonArray(required)) return template;
  const changed = Object.entries(described).map(([name, description]) => [
    name,
    { ...asObject(properties, name), description },
  ]);
  return {
    ...template,
    variables: {
      ...template.variables,
      properties: { ...properties, ...Object.fromEntries(changed) },
      required: [...new Set([...required, ...Object.keys(described)])],
    },
  };
}

function asObject(properties: JsonObject, name: string): JsonObject {
  const property = ownValue(properties, name);
  return isJsonObject(property) ? property : {};
}
