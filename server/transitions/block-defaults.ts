import { AppError, invalidField } from "#shared/errors.ts";
import type { JsonObject } from "#shared/json.ts";
import { readBlockDefaults } from "./block-values.ts";
import type { TransitionContext } from "./context.ts";
import { schemaViolation } from "./json-schema.ts";
import { templateVariables } from "./work-pool-template.ts";

/**
 * Refuses a template with a default `{"$ref": {"block_document_id": …}}` whose block there is not:
 * throws not_found; or whose data its variable does not allow: throws invalid_argument. Neither shows
 * what the block holds. A template without such defaults costs no statement.
 */
export async function requireBlockDefaults(
  ctx: TransitionContext,
  field: string,
  template: JsonObject,
): Promise<void> {
  // A block comes as a whole, so what its variable requires of it must be there; other variables
  // may still be given.
  const schema = { ...templateVariables(template), required: [] };
  for (const [name, { id, data }] of await readBlockDefaults(ctx, ctx.pool, template)) {
    if (data === undefined) {
      throw new AppError(
        "not_found",
        `${field}: the default of '${name}' is block document '${id}', which there is not; create ` +
          "the block first, or leave the default out",
        { metadata: { block_document: id } },
      );
    }
    const violation = schemaViolation("default", schema, { [name]: data }, { required: true });
    if (violation !== undefined) {
      throw invalidField(field, `${violation.field}: ${violation.description}`);
    }
  }
}
