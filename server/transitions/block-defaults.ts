import { plainData } from "#server/domain/blocks/block-data.ts";
import { opener, readBlockDocuments } from "#server/store/block-documents.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import { blockDocumentId } from "#shared/job-template/block-reference.ts";
import type { JsonObject } from "#shared/json.ts";
import type { TransitionContext } from "./context.ts";
import { schemaViolation } from "./json-schema.ts";
import { templateDefaults, templateVariables } from "./work-pool-template.ts";

/**
 * Refuses a template with a default `{"$ref": {"block_document_id": …}}` whose block there is not:
 * throws not_found; or whose data its variable does not allow: throws invalid_argument.
 */
export async function requireBlockDefaults(
  ctx: TransitionContext,
  field: string,
  template: JsonObject,
): Promise<void> {
  const variables = templateVariables(template) ?? {};
  const references = Object.entries(templateDefaults(variables)).flatMap(
    ([name, value]): [string, string][] => {
      const id = blockDocumentId(value);
      return id === undefined ? [] : [[name, id.toLowerCase()]];
    },
  );
  const ids = references.map(([, id]) => id).filter(isUuid);
  const blocks = await readBlockDocuments(ctx.pool, ids);
  for (const [name, id] of references) {
    if (!blocks.has(id)) {
      throw new AppError(
        "not_found",
        `${field}: the default of '${name}' is block document '${id}', which there is not; create ` +
          "the block first, or leave the default out",
        { metadata: { block_document: id } },
      );
    }
    const data = plainData(blocks, id, opener(ctx.secretBox));
    const violation = schemaViolation("default", variables, { [name]: data }, { required: false });
    if (violation !== undefined) {
      throw invalidField(field, `${violation.field}: ${violation.description}`);
    }
  }
}
