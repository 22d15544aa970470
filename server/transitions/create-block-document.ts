import { requireBlockName } from "#server/domain/blocks/block-names.ts";
import { insertBlockDocument } from "#server/store/block-document-changes.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import type { JsonObject } from "#shared/json.ts";
import { requireStorableJson } from "#shared/storable-text.ts";
import { requireBlockSchema, toStorable, writeReferences } from "./block-document-content.ts";
import type { TransitionContext } from "./context.ts";

/** A block document to create. */
export interface CreateBlockDocumentInput {
  /** Null: it must be anonymous. */
  readonly name: string | null;
  readonly isAnonymous: boolean;
  readonly blockTypeId: string;
  readonly blockSchemaId: string;
  /** With secrets as they are, and references for what are other documents. */
  readonly data: JsonObject;
}

/**
 * Stores a block; answers its id. Throws already_exists if its type has one of that name, not_found for
 * a schema or a document in it that does not exist, secrets_unavailable if there is no key to encrypt
 * its secrets with.
 */
export async function createBlockDocument(
  ctx: TransitionContext,
  input: CreateBlockDocumentInput,
): Promise<string> {
  const name = readName(input);
  requireStorableJson("data", input.data);
  const id = newId();
  await inTransaction(ctx.pool, async (tx) => {
    const { blockTypeId, blockSchemaId, isAnonymous } = input;
    const schema = await requireBlockSchema(tx, blockSchemaId, blockTypeId);
    const { content, references } = toStorable(ctx, id, schema, input.data);
    if (!(await insertBlockDocument(tx, { id, blockTypeId, name, isAnonymous, ...content }))) {
      throw new AppError(
        "already_exists",
        `name: there is a block '${schema.typeSlug}/${name}' already; choose another name, or change that one`,
        { metadata: { block_document: `${schema.typeSlug}/${name}` } },
      );
    }
    await writeReferences(tx, id, references);
    await insertEvents(tx, [
      {
        event: "sluice.block-document.created",
        resourceKind: "block-document",
        resourceId: id,
        payload: { name, block_type: schema.typeSlug },
      },
    ]);
  });
  return id;
}

function readName({ name, isAnonymous }: CreateBlockDocumentInput): string {
  if (name !== null) {
    requireBlockName("name", name);
    return name;
  }
  if (isAnonymous) return `anonymous-${newId()}`;
  throw invalidField("name", "it is missing; give one, or make the document anonymous");
}
