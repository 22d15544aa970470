import { plainData } from "#server/domain/blocks/block-data.ts";
import { blockDocumentNotFound } from "#server/domain/not-found.ts";
import { opener, readBlockDocuments } from "#server/store/block-documents.ts";
import type { Tx } from "#server/store/transaction.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import { blockDocumentId, blockDocumentIds } from "#shared/job-template/block-reference.ts";
import { fillDocuments } from "#shared/job-template/references.ts";
import type { JsonObject } from "#shared/json.ts";
import type { TransitionContext } from "./context.ts";
import { schemaViolation } from "./json-schema.ts";
import { templateDefaults, templateVariables } from "./work-pool-template.ts";

/** The data of blocks by the ids they were asked by; those that do not exist are missing. */
type BlockValues = ReadonlyMap<string, JsonObject>;

/**
 * Refuses a base job template in which a stored block is the default of a variable and does not exist:
 * throws not_found; or does not fit the variable: throws an invalid_argument. Neither shows what the
 * block holds. A template without such defaults costs no statement.
 */
export async function requireBlockDefaults(
  ctx: TransitionContext,
  tx: Tx,
  field: string,
  template: JsonObject,
): Promise<void> {
  const variables = templateVariables(template);
  if (variables === undefined) return;
  for (const [name, { id, data }] of await readBlockDefaults(ctx, tx, template)) {
    if (data === undefined) {
      throw new AppError(
        "not_found",
        `${field}: the default of '${name}' is the block document '${id}', which does not exist; 'sluice block ls' lists them`,
        { metadata: { block_document: id } },
      );
    }
    const schema = { ...variables, required: [] };
    const violation = schemaViolation("default", schema, { [name]: data }, { required: true });
    if (violation !== undefined) {
      throw invalidField(
        field,
        `the block document '${id}' does not fit: ${violation.field}: ${violation.description}`,
      );
    }
  }
}

/** A default that is a stored block; no data: it does not exist. */
export interface BlockDefault {
  readonly id: string;
  readonly data: JsonObject | undefined;
}

/** The defaults of a template that are stored blocks, by the names of their variables. */
export async function readBlockDefaults(
  ctx: TransitionContext,
  tx: Tx,
  template: JsonObject,
): Promise<ReadonlyMap<string, BlockDefault>> {
  const variables = templateVariables(template);
  const named = Object.entries(variables === undefined ? {} : templateDefaults(variables)).flatMap(
    ([name, value]) => {
      const id = blockDocumentId(value);
      return id === undefined ? [] : [{ name, id }];
    },
  );
  const values = await readValues(
    ctx,
    tx,
    named.map(({ id }) => id),
  );
  return new Map(named.map(({ name, id }) => [name, { id, data: values.get(id) }]));
}

/**
 * The values with each reference to a stored block replaced by its data, to be held against a schema;
 * they hold secrets then. Throws not_found for a block that does not exist. Values without references
 * are answered as they are, and cost no statement.
 */
export async function withBlocks(
  ctx: TransitionContext,
  tx: Tx,
  values: JsonObject,
): Promise<JsonObject> {
  const ids = blockDocumentIds(values);
  if (ids.length === 0) return values;
  const blocks = await readValues(ctx, tx, ids);
  return fillDocuments(values, (id) => {
    const data = blocks.get(id);
    if (data === undefined) throw blockDocumentNotFound(id);
    return data;
  });
}

async function readValues(
  ctx: TransitionContext,
  tx: Tx,
  ids: readonly string[],
): Promise<BlockValues> {
  const documents = await readBlockDocuments(tx, [...new Set(ids.filter(isUuid))]);
  const open = opener(ctx.secretBox);
  return new Map(
    ids.flatMap((id): [string, JsonObject][] =>
      documents.has(id.toLowerCase()) ? [[id, plainData(documents, id.toLowerCase(), open)]] : [],
    ),
  );
}
