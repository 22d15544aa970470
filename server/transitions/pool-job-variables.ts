import { invalidField } from "#shared/errors.ts";
import { expandDottedKeys, mergeJobVariables } from "#shared/job-template/job-variables.ts";
import type { JsonObject, JsonValue } from "#shared/json.ts";
import { schemaViolation } from "./json-schema.ts";
import { templateDefaults, templateVariables } from "./work-pool-template.ts";

const FIELD = "job_variables_json";

/** Defaults that are stored blocks, by their variables; without data: the block does not exist. */
export type BlockDefaults = ReadonlyMap<string, { readonly data: JsonObject | undefined }>;

const NO_BLOCKS: BlockDefaults = new Map();

/**
 * Refuses a deployment's job variables that its pool's schema does not allow: throws an
 * invalid_argument that names the variable. What is required may still come with the run. None at
 * all always fit.
 */
export function requireDeploymentVariables(
  template: JsonObject,
  deployment: JsonObject,
  blockDefaults: BlockDefaults = NO_BLOCKS,
): void {
  if (Object.keys(deployment).length === 0) return;
  requireFit(template, expandDottedKeys(deployment), false, blockDefaults);
}

/**
 * Refuses the job variables with which a run would start, its own over the deployment's over the
 * pool's defaults, if the pool's schema does not allow them: throws an invalid_argument that names
 * the variable.
 */
export function requireRunVariables(
  template: JsonObject,
  deployment: JsonObject,
  run: JsonObject,
  blockDefaults: BlockDefaults = NO_BLOCKS,
): void {
  requireFit(template, mergeJobVariables(deployment, run), true, blockDefaults);
}

/**
 * A default that does not fit its own variable is left out. Whoever made the pool cannot have meant
 * its schema to the letter then, so nothing is required.
 */
function requireFit(
  template: JsonObject,
  given: JsonObject,
  required: boolean,
  blockDefaults: BlockDefaults,
): void {
  const schema = templateVariables(template);
  if (schema === undefined) return;
  const defaults = withBlockDefaults(templateDefaults(schema), blockDefaults);
  const fits = (values: JsonObject): boolean =>
    schemaViolation("default", schema, values, { required: false }) === undefined;
  const valid = fits(defaults)
    ? defaults
    : Object.fromEntries(
        Object.entries(defaults).filter(([name, value]) => fits({ [name]: value })),
      );
  const violation = schemaViolation(
    FIELD,
    schema,
    { ...valid, ...given },
    {
      required: required && valid === defaults,
    },
  );
  if (violation !== undefined) throw invalidField(violation.field, violation.description);
}

/** The defaults with the data of blocks in place of references; one that does not exist is none. */
function withBlockDefaults(defaults: JsonObject, blocks: BlockDefaults): JsonObject {
  if (blocks.size === 0) return defaults;
  return Object.fromEntries(
    Object.entries(defaults).flatMap(([name, value]): [string, JsonValue][] => {
      const block = blocks.get(name);
      if (block === undefined) return [[name, value]];
      return block.data === undefined ? [] : [[name, block.data]];
    }),
  );
}
