import { blockDocumentNotFound } from "#server/domain/not-found.ts";
import { deleteBlockDocumentRow } from "#server/store/block-document-changes.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";

/** Deletes a block. Where it is a field of others, that field goes. Throws not_found. */
export async function deleteBlockDocument(ctx: TransitionContext, id: string): Promise<void> {
  await inTransaction(ctx.pool, async (tx) => {
    const name = await deleteBlockDocumentRow(tx, id);
    if (name === undefined) throw blockDocumentNotFound(id);
    await insertEvents(tx, [
      {
        event: "sluice.block-document.deleted",
        resourceKind: "block-document",
        resourceId: id,
        payload: { name },
      },
    ]);
  });
}
