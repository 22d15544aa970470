import { plainData } from "#server/domain/blocks/block-data.ts";
import { blockDocumentNotFound } from "#server/domain/not-found.ts";
import { opener, readBlockDocuments } from "#server/store/block-documents.ts";
import type { Queryable } from "#server/store/database.ts";
import { isUuid } from "#shared/ids.ts";
import { blockDocumentId, blockDocumentIds } from "#shared/job-template/block-reference.ts";
import { fillDocuments } from "#shared/job-template/references.ts";
import type { JsonObject } from "#shared/json.ts";
import type { TransitionContext } from "./context.ts";
import { templateDefaults, templateVariables } from "./work-pool-template.ts";

/** The data of blocks by the ids they were asked by; those that do not exist are missing. */
type BlockValues = ReadonlyMap<string, JsonObject>;

/** A default that is a stored block; no data: it does not exist. */
export interface BlockDefault {
  readonly id: string;
  readonly data: JsonObject | undefined;
}

/** The defaults of a template that are stored blocks, by the names of their variables. */
export async function readBlockDefaults(
  ctx: TransitionContext,
  db: Queryable,
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
    db,
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
  db: Queryable,
  values: JsonObject,
): Promise<JsonObject> {
  const ids = blockDocumentIds(values);
  if (ids.length === 0) return values;
  const blocks = await readValues(ctx, db, ids);
  return fillDocuments(values, (id) => {
    const data = blocks.get(id);
    if (data === undefined) throw blockDocumentNotFound(id);
    return data;
  });
}

async function readValues(
  ctx: TransitionContext,
  db: Queryable,
  ids: readonly string[],
): Promise<BlockValues> {
  const documents = await readBlockDocuments(db, [...new Set(ids.filter(isUuid))]);
  const open = opener(ctx.secretBox);
  return new Map(
    ids.flatMap((id): [string, JsonObject][] =>
      documents.has(id.toLowerCase()) ? [[id, plainData(documents, id.toLowerCase(), open)]] : [],
    ),
  );
}
