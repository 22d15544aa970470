import { blockTypeNotFound } from "#server/domain/not-found.ts";
import { type BlockTypeTexts, updateBlockTypeRow } from "#server/store/block-types.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";
import { requireBlockTypeTexts } from "./create-block-type.ts";

/** Changes what a type says about itself; undefined leaves it, null clears. Throws not_found. */
export async function updateBlockType(
  ctx: TransitionContext,
  id: string,
  texts: { readonly [K in keyof BlockTypeTexts]: string | null | undefined },
): Promise<void> {
  requireBlockTypeTexts(texts);
  await inTransaction(ctx.pool, async (tx) => {
    const slug = await updateBlockTypeRow(tx, id, texts);
    if (slug === undefined) throw blockTypeNotFound(id);
    await insertEvents(tx, [
      {
        event: "sluice.block-type.updated",
        resourceKind: "block-type",
        resourceId: id,
        payload: { slug },
      },
    ]);
  });
}
