import type { SealedSecret } from "#server/domain/blocks/block-data.ts";
import type { JsonObject } from "#shared/json.ts";
import containsSql from "./sql/block-document-contains-itself.sql" with { type: "text" };
import deleteSql from "./sql/block-document-delete.sql" with { type: "text" };
import insertSql from "./sql/block-document-insert.sql" with { type: "text" };
import lockSql from "./sql/block-document-lock.sql" with { type: "text" };
import referSql from "./sql/block-document-refer.sql" with { type: "text" };
import unreferSql from "./sql/block-document-unrefer.sql" with { type: "text" };
import updateSql from "./sql/block-document-update.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** What a document holds, with its secrets encrypted. */
export interface BlockDocumentContent {
  readonly blockSchemaId: string;
  readonly data: JsonObject;
  readonly secrets: readonly SealedSecret[];
}

/** A document to insert. */
export interface NewBlockDocument extends BlockDocumentContent {
  readonly id: string;
  readonly blockTypeId: string;
  readonly name: string;
  readonly isAnonymous: boolean;
}

/** False if its type has a document of that name. */
export async function insertBlockDocument(tx: Tx, document: NewBlockDocument): Promise<boolean> {
  const { id, blockTypeId, blockSchemaId, name, isAnonymous, data, secrets } = document;
  const { rowCount } = await tx.query({
    name: "block-document-insert",
    text: insertSql,
    values: [
      id,
      blockTypeId,
      blockSchemaId,
      name,
      isAnonymous,
      JSON.stringify(data),
      JSON.stringify(secrets),
    ],
  });
  return rowCount === 1;
}

/** A document under its lock. */
export interface LockedBlockDocument {
  readonly blockSchemaId: string;
  readonly blockTypeId: string;
  readonly name: string;
}

/** Locks the document; undefined if there is none. */
export async function lockBlockDocument(
  tx: Tx,
  id: string,
): Promise<LockedBlockDocument | undefined> {
  const { rows } = await tx.query<LockedBlockDocument>({
    name: "block-document-lock",
    text: lockSql,
    values: [id],
  });
  return rows[0];
}

/** Replaces the content of a document that is locked. */
export async function updateBlockDocumentRow(
  tx: Tx,
  id: string,
  { blockSchemaId, data, secrets }: BlockDocumentContent,
): Promise<void> {
  await tx.query({
    name: "block-document-update",
    text: updateSql,
    values: [id, blockSchemaId, JSON.stringify(data), JSON.stringify(secrets)],
  });
}

/** Deletes a document; its name, or undefined if there is none. */
export async function deleteBlockDocumentRow(tx: Tx, id: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ name: string }>({
    name: "block-document-delete",
    text: deleteSql,
    values: [id],
  });
  return rows[0]?.name;
}

/** Replaces what a document refers to; answers the fields whose document does not exist. */
export async function replaceReferences(
  tx: Tx,
  id: string,
  references: Readonly<Record<string, string>>,
): Promise<string[]> {
  await tx.query({ name: "block-document-unrefer", text: unreferSql, values: [id] });
  const fields = Object.keys(references);
  if (fields.length === 0) return [];
  const { rows } = await tx.query<{ field: string }>({
    name: "block-document-refer",
    text: referSql,
    values: [id, fields, Object.values(references)],
  });
  const found = new Set(rows.map(({ field }) => field));
  return fields.filter((field) => !found.has(field));
}

/** Whether the document is part of itself, by whatever it refers to. */
export async function containsItself(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await tx.query<{ contained: boolean }>({
    name: "block-document-contains-itself",
    text: containsSql,
    values: [id],
  });
  return rows[0]?.contained === true;
}
