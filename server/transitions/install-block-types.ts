import { BLOCK_TYPES, type BuiltInBlockType } from "#server/domain/blocks/block-types.ts";
import { blockChecksum } from "#server/store/block-checksum.ts";
import { installBlockSchemaRows } from "#server/store/block-schemas.ts";
import { installBlockTypeRows } from "#server/store/block-types.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { newId } from "#shared/ids.ts";
import { VERSION } from "#shared/version.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Adds the block types that come with the control plane, with their schemas. What is there already
 * stays as it is, so it may be done by every replica and at any time.
 */
export async function installBlockTypes(ctx: TransitionContext): Promise<void> {
  const checksums = new Map<string, string>();
  const schemas = BLOCK_TYPES.map((type) => {
    const fields = JSON.stringify(withChecksums(type, checksums));
    const checksum = blockChecksum(fields);
    checksums.set(type.slug, checksum);
    const { slug, capabilities } = type;
    return { id: newId(), slug, checksum, fields, capabilities };
  });
  const types = BLOCK_TYPES.map((type) => ({ ...type, id: newId() }));
  await inTransaction(ctx.pool, async (tx) => {
    await installBlockTypeRows(tx, types);
    await installBlockSchemaRows(tx, VERSION, schemas);
  });
}

/** The type's schema, which names those of the blocks in it by their checksums. */
function withChecksums(
  { schema, references }: BuiltInBlockType,
  checksums: ReadonlyMap<string, string>,
): object {
  const named = Object.entries(references).map(([field, slug]) => [
    field,
    { block_schema_checksum: checksums.get(slug), block_type_slug: slug },
  ]);
  return { ...schema, block_schema_references: Object.fromEntries(named) };
}
