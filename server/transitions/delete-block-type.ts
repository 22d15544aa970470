import { blockTypeNotFound } from "#server/domain/not-found.ts";
import { deleteBlockTypeRow, getBlockType } from "#server/store/block-types.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { AppError } from "#shared/errors.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Deletes a type with its schemas and documents. Throws not_found, or permission_denied if it is one
 * that comes with the control plane.
 */
export async function deleteBlockType(ctx: TransitionContext, id: string): Promise<void> {
  await inTransaction(ctx.pool, async (tx) => {
    const slug = await deleteBlockTypeRow(tx, id);
    if (slug === undefined) {
      const kept = await getBlockType(tx, { id });
      throw kept === undefined ? blockTypeNotFound(id) : protectedType(kept.slug);
    }
    await insertEvents(tx, [
      {
        event: "sluice.block-type.deleted",
        resourceKind: "block-type",
        resourceId: id,
        payload: { slug },
      },
    ]);
  });
}

/** The refusal to delete what comes with the control plane. */
export function protectedType(slug: string): AppError {
  return new AppError(
    "permission_denied",
    `The block type '${slug}' is protected, as it comes with Sluice: it and its schemas cannot be deleted. Its documents can.`,
    { metadata: { block_type: slug } },
  );
}
