import { joinReferences, patchedData, plainData } from "#server/domain/blocks/block-data.ts";
import { replaceAt } from "#server/domain/blocks/secret-fields.ts";
import { blockDocumentNotFound } from "#server/domain/not-found.ts";
import { lockBlockDocument, updateBlockDocumentRow } from "#server/store/block-document-changes.ts";
import { opener, readBlockDocuments } from "#server/store/block-documents.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { JsonObject } from "#shared/json.ts";
import { requireStorableJson } from "#shared/storable-text.ts";
import { requireBlockSchema, toStorable, writeReferences } from "./block-document-content.ts";
import type { TransitionContext } from "./context.ts";

/** What to change of a block document. */
export interface BlockDocumentChange {
  /** Undefined: as it is. */
  readonly blockSchemaId?: string | undefined;
  /** A masked secret in it leaves the one that is stored. Undefined: as it is. */
  readonly data?: JsonObject | undefined;
  /** Whether what `data` does not have stays. */
  readonly merge: boolean;
}

/**
 * Changes a block. Its secrets are encrypted anew, under the present key. Throws not_found,
 * invalid_argument for a schema of another type, secrets_unavailable if secrets cannot be read.
 */
export async function updateBlockDocument(
  ctx: TransitionContext,
  id: string,
  change: BlockDocumentChange,
): Promise<void> {
  if (change.data !== undefined) requireStorableJson("data", change.data);
  await inTransaction(ctx.pool, async (tx) => {
    const locked = await lockBlockDocument(tx, id);
    if (locked === undefined) throw blockDocumentNotFound(id);
    const { blockSchemaId = locked.blockSchemaId } = change;
    const schema = await requireBlockSchema(tx, blockSchemaId, locked.blockTypeId);
    const documents = await readBlockDocuments(tx, [id]);
    const document = documents.get(id);
    if (document === undefined) throw blockDocumentNotFound(id);
    const open = opener(ctx.secretBox);
    const own = joinReferences(
      document.secrets.reduce(
        (data, secret) => replaceAt(data, secret.path, open(id, secret)),
        document.data,
      ),
      document.references,
    );
    const stored = { own, current: plainData(documents, id, open) };
    const { merge } = change;
    const data =
      change.data === undefined
        ? own
        : patchedData(stored, change.data, { merge, secretFields: schema.secretFields });
    const { content, references } = toStorable(ctx, id, schema, data);
    await updateBlockDocumentRow(tx, id, content);
    await writeReferences(tx, id, references);
    await insertEvents(tx, [
      {
        event: "sluice.block-document.updated",
        resourceKind: "block-document",
        resourceId: id,
        payload: { name: locked.name, block_type: schema.typeSlug },
      },
    ]);
  });
}
