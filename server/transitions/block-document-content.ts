import { splitReferences } from "#server/domain/blocks/block-data.ts";
import { takeSecrets } from "#server/domain/blocks/secret-fields.ts";
import { blockDocumentNotFound } from "#server/domain/not-found.ts";
import {
  type BlockDocumentContent,
  containsItself,
  replaceReferences,
} from "#server/store/block-document-changes.ts";
import { keepBlockSchema, type KeptBlockSchema } from "#server/store/block-schemas.ts";
import type { Tx } from "#server/store/transaction.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import type { JsonObject } from "#shared/json.ts";
import type { TransitionContext } from "./context.ts";

/** Data as it is stored, and what of it are other documents. */
export interface StorableData {
  readonly content: BlockDocumentContent;
  readonly references: Readonly<Record<string, string>>;
}

/** The schema of a document of that type. Throws not_found or invalid_argument by the field's name. */
export async function requireBlockSchema(
  tx: Tx,
  blockSchemaId: string,
  blockTypeId: string,
): Promise<KeptBlockSchema> {
  const schema = await keepBlockSchema(tx, blockSchemaId);
  if (schema === undefined) {
    throw new AppError(
      "not_found",
      `block_schema_id: there is no block schema ${blockSchemaId}; register the schema first`,
      { metadata: { block_schema: blockSchemaId } },
    );
  }
  if (schema.blockTypeId === blockTypeId.toLowerCase()) return schema;
  throw invalidField(
    "block_schema_id",
    `the schema ${blockSchemaId} is one of the type '${schema.typeSlug}', which is not the document's; give one of its own type`,
  );
}

/** Takes data apart: what is secret is encrypted, what is another document is referred to. */
export function toStorable(
  { secretBox }: TransitionContext,
  documentId: string,
  schema: KeptBlockSchema,
  given: JsonObject,
): StorableData {
  const { data: own, references } = splitReferences(given);
  for (const [field, id] of Object.entries(references)) {
    if (!isUuid(id))
      throw invalidField(`data.${field}`, `'${id}' is not the id of a block document`);
  }
  const { data, secrets } = takeSecrets(own, schema.secretFields);
  const sealed = secrets.map(({ path, value }) => ({
    path,
    sealed: secretBox.seal({ documentId, path }, value),
  }));
  return { content: { blockSchemaId: schema.id, data, secrets: sealed }, references };
}

/** Stores what a document refers to. Throws not_found, or invalid_argument if it would contain itself. */
export async function writeReferences(
  tx: Tx,
  documentId: string,
  references: Readonly<Record<string, string>>,
): Promise<void> {
  const [missing] = await replaceReferences(tx, documentId, references);
  if (missing !== undefined) throw blockDocumentNotFound(references[missing] ?? missing);
  const fields = Object.keys(references);
  if (fields.length > 0 && (await containsItself(tx, documentId))) {
    throw invalidField(
      `data.${fields.join(", data.")}`,
      "the document would contain itself; refer to another one",
    );
  }
}
