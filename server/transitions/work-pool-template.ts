import { requireTemplateStructure } from "#server/domain/work-pool.ts";
import { invalidField } from "#shared/errors.ts";
import { blockDocumentId } from "#shared/job-template/block-reference.ts";
import { isJsonObject, type JsonObject, ownValue, parseJsonObject } from "#shared/json.ts";
import { requireStorableJson } from "#shared/storable-text.ts";
import { requireSchema, schemaViolation } from "./json-schema.ts";

/**
 * Reads a base job template. Throws an invalid_argument that names the field if it cannot be
 * resolved, its variables are no JSON Schema, or a default does not fit its own variable. Defaults that
 * are stored blocks are not looked at: `requireBlockDefaults` does.
 */
export function parseBaseJobTemplate(field: string, text: string): JsonObject {
  const template = parseJsonObject(field, text);
  requireStorableJson(field, template);
  requireTemplateStructure(field, template);
  const variables = templateVariables(template);
  if (variables === undefined) return template;
  requireSchema(`${field}.variables`, variables);
  // A default that is a stored block is held against the schema with the block's data: see
  // server/transitions/block-values.ts.
  const defaults = Object.entries(templateDefaults(variables)).filter(
    ([, value]) => blockDocumentId(value) === undefined,
  );
  const violation = schemaViolation("default", variables, Object.fromEntries(defaults), {
    required: false,
  });
  if (violation !== undefined) {
    throw invalidField(field, `${violation.field}: ${violation.description}`);
  }
  return template;
}

/** The JSON Schema of a template's job variables; undefined if it has none. */
export function templateVariables(template: JsonObject): JsonObject | undefined {
  const variables = ownValue(template, "variables");
  return isJsonObject(variables) ? variables : undefined;
}

/** The default of each variable that has one, null included, whether it fits or not. */
export function templateDefaults(variables: JsonObject): JsonObject {
  const properties = ownValue(variables, "properties");
  if (!isJsonObject(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) => {
      const value = isJsonObject(property) ? ownValue(property, "default") : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
