import { blockSchemaNotFound } from "#server/domain/not-found.ts";
import { deleteBlockSchemaRow, getBlockSchemas } from "#server/store/block-schemas.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { protectedType } from "./delete-block-type.ts";

/**
 * Deletes a schema with its documents. Throws not_found, or permission_denied if its type comes with
 * the control plane.
 */
export async function deleteBlockSchema(ctx: TransitionContext, id: string): Promise<void> {
  await inTransaction(ctx.pool, async (tx) => {
    if (await deleteBlockSchemaRow(tx, id)) return;
    const [kept] = await getBlockSchemas(tx, [id]);
    throw kept === undefined ? blockSchemaNotFound(id) : protectedType(kept.type.slug);
  });
}
