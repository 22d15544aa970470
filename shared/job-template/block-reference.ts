import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
} from "#shared/json.ts";

/**
 * The id of the stored block that a `{"$ref": {"block_document_id": …}}` stands for; undefined if the
 * value is no such reference. What is given as id may be no UUID.
 */
export function blockDocumentId(value: JsonValue | undefined): string | undefined {
  const target = isJsonObject(value) ? ownValue(value, "$ref") : undefined;
  const id = isJsonObject(target) ? ownValue(target, "block_document_id") : undefined;
  return typeof id === "string" ? id : undefined;
}

/** The reference that `blockDocumentId` reads. */
export function blockReference(id: string): JsonObject {
  return { $ref: { block_document_id: id } };
}

/** The ids of all stored blocks that a value refers to so, wherever they stand. */
export function blockDocumentIds(value: JsonValue): string[] {
  if (isJsonArray(value)) return value.flatMap(blockDocumentIds);
  if (!isJsonObject(value)) return [];
  const id = blockDocumentId(value);
  return id === undefined ? Object.values(value).flatMap(blockDocumentIds) : [id];
}
