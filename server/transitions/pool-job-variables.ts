import { invalidField } from "#shared/errors.ts";
import { expandDottedKeys, mergeJobVariables } from "#shared/job-template/job-variables.ts";
import type { JsonObject } from "#shared/json.ts";
import { schemaViolation } from "./json-schema.ts";
import { templateDefaults, templateVariables } from "./work-pool-template.ts";

const FIELD = "job_variables_json";

/**
 * Refuses a deployment's job variables that its pool's schema does not allow: throws an
 * invalid_argument that names the variable. What is required may still come with the run. None at
 * all always fit.
 */
export function requireDeploymentVariables(template: JsonObject, deployment: JsonObject): void {
  if (Object.keys(deployment).length === 0) return;
  requireFit(template, expandDottedKeys(deployment), false);
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
): void {
  requireFit(template, mergeJobVariables(deployment, run), true);
}

/**
 * A default that does not fit its own variable is left out. Whoever made the pool cannot have meant
 * its schema to the letter then, so nothing is required.
 */
function requireFit(template: JsonObject, given: JsonObject, required: boolean): void {
  const schema = templateVariables(template);
  if (schema === undefined) return;
  const defaults = templateDefaults(schema);
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
