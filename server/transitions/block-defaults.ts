import { AppError, invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import type { JsonObject } from "#shared/json.ts";
import { schemaViolation } from "./json-schema.ts";
import { referencedBlock, templateDefaults, templateVariables } from "./work-pool-template.ts";

/** Data of block documents by id. */
export type KnownBlocks = ReadonlyMap<string, JsonObject>;

/** What there is while this control plane stores no blocks. */
export const NO_BLOCKS: KnownBlocks = new Map();

/**
 * Refuses a template with a default `{"$ref": {"block_document_id": …}}` whose block there is not:
 * throws not_found; or whose data its variable does not allow: throws invalid_argument.
 */
export function requireBlockDefaults(
  field: string,
  template: JsonObject,
  blocks: KnownBlocks,
): void {
  const variables = templateVariables(template) ?? {};
  for (const [name, value] of Object.entries(templateDefaults(variables))) {
    const id = referencedBlock(value);
    if (id === undefined) continue;
    const data = isUuid(id) ? blocks.get(id.toLowerCase()) : undefined;
    if (data === undefined) {
      throw new AppError(
        "not_found",
        `${field}: the default of '${name}' is block document '${id}', which there is not; create ` +
          "the block first, or leave the default out",
        { metadata: { block_document: id } },
      );
    }
    const violation = schemaViolation("default", variables, { [name]: data }, { required: false });
    if (violation !== undefined) {
      throw invalidField(field, `${violation.field}: ${violation.description}`);
    }
  }
}
