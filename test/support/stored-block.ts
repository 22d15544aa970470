import { EVERY_SCHEMA } from "#server/store/block-schema-filter.ts";
import { findBlockSchemas } from "#server/store/block-schemas.ts";
import { getBlockType } from "#server/store/block-types.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { createBlockDocument } from "#server/transitions/create-block-document.ts";
import type { JsonObject } from "#shared/json.ts";

/** Stores a block of a kind that is installed, under its newest schema; its id. */
export async function storeBlock(
  ctx: TransitionContext,
  slug: string,
  name: string,
  data: JsonObject,
): Promise<string> {
  const type = await getBlockType(ctx.pool, { slug });
  const filter = { ...EVERY_SCHEMA, typeIds: type === undefined ? [] : [type.id] };
  const [schema] = await findBlockSchemas(ctx.pool, filter, { limit: 1, offset: 0 });
  if (schema === undefined) throw new Error(`no block type ${slug}`);
  return createBlockDocument(ctx, {
    name,
    isAnonymous: false,
    blockTypeId: schema.type.id,
    blockSchemaId: schema.id,
    data,
  });
}
