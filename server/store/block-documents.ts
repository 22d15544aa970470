import type { OpenSecret, SealedSecret, StoredData } from "#server/domain/blocks/block-data.ts";
import type { Millis } from "#server/domain/state.ts";
import type { JsonObject } from "#shared/json.ts";
import { type BlockSchemaFilter, schemaFilterParts } from "./block-schema-filter.ts";
import { type BlockSchema, getBlockSchemas, secretFieldsOf } from "./block-schemas.ts";
import type { Queryable } from "./database.ts";
import type { SecretBox } from "./secret-box.ts";
import countSql from "./sql/block-document-count.sql" with { type: "text" };
import findSql from "./sql/block-document-find.sql" with { type: "text" };
import pageSql from "./sql/block-document-page.sql" with { type: "text" };
import readSql from "./sql/block-document-read.sql" with { type: "text" };

/** A stored block. */
export interface BlockDocument extends StoredData {
  readonly name: string;
  readonly isAnonymous: boolean;
  readonly schema: BlockSchema;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** Stored blocks by id, with all that they refer to. */
export type BlockDocuments = ReadonlyMap<string, BlockDocument>;

/** In which order documents are listed. */
export type BlockDocumentSort = "NAME_ASC" | "NAME_DESC" | "BLOCK_TYPE_AND_NAME_ASC";

/** Which documents are meant; null: whatever it is. */
export interface BlockDocumentFilter {
  readonly ids: readonly string[] | null;
  readonly typeIds: readonly string[] | null;
  readonly names: readonly string[] | null;
  /** A pattern of `ilike`. */
  readonly nameLike: string | null;
  readonly isAnonymous: boolean | null;
  /** One of the parts above is enough. */
  readonly either: boolean;
  readonly typeSlugs: readonly string[] | null;
  /** A pattern of `ilike`. */
  readonly typeNameLike: string | null;
  readonly schemas: BlockSchemaFilter | null;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly isAnonymous: boolean;
  readonly data: JsonObject;
  readonly secrets: readonly SealedSecret[];
  readonly blockSchemaId: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly references: Readonly<Record<string, string>>;
}

/** Ids of the documents that the filter finds: at most `limit` after the first `offset`. */
export async function findBlockDocuments(
  db: Queryable,
  filter: BlockDocumentFilter,
  sort: BlockDocumentSort,
  page: { readonly limit: number | null; readonly offset: number },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: "block-document-page",
    text: pageSql,
    values: [...filterValues(filter), sort, page.limit, page.offset],
  });
  return rows.map(({ id }) => id);
}

/** How many documents the filter finds. */
export async function countBlockDocuments(
  db: Queryable,
  filter: BlockDocumentFilter,
): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: "block-document-count",
    text: countSql,
    values: filterValues(filter),
  });
  return rows[0]?.count ?? 0;
}

/** A document by the slug of its type and its own name. */
export interface BlockDocumentName {
  readonly slug: string;
  readonly name: string;
}

/** The ids of those documents that there are. */
export async function findBlockDocumentsByName(
  db: Queryable,
  names: readonly BlockDocumentName[],
): Promise<(BlockDocumentName & { readonly id: string })[]> {
  if (names.length === 0) return [];
  const { rows } = await db.query<BlockDocumentName & { id: string }>({
    name: "block-document-find",
    text: findSql,
    values: [names.map(({ slug }) => slug), names.map(({ name }) => name)],
  });
  return rows;
}

/** The documents with these ids and all that they refer to; ids that do not exist are left out. */
export async function readBlockDocuments(
  db: Queryable,
  ids: readonly string[],
): Promise<BlockDocuments> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<Row>({
    name: "block-document-read",
    text: readSql,
    values: [ids],
  });
  const schemas = await getBlockSchemas(db, [...new Set(rows.map((row) => row.blockSchemaId))]);
  const byId = new Map(
    schemas.map((schema) => [schema.id, { schema, secretFields: secretFieldsOf(schema.fields) }]),
  );
  return new Map(
    rows.flatMap(({ blockSchemaId, ...row }): [string, BlockDocument][] => {
      const described = byId.get(blockSchemaId);
      // Deleted between the two statements, and the document with it.
      return described === undefined ? [] : [[row.id, { ...row, ...described }]];
    }),
  );
}

/** Decrypts the secrets of documents. */
export function opener(box: SecretBox): OpenSecret {
  return (documentId, { path, sealed }) => box.open({ documentId, path }, sealed);
}

function filterValues(filter: BlockDocumentFilter): unknown[] {
  const { ids, typeIds, names, nameLike, isAnonymous, either } = filter;
  const ofSchema = schemaFilterParts(filter.schemas);
  // Either of no parts is no condition.
  const some = (ids ?? typeIds ?? names ?? nameLike ?? isAnonymous) !== null;
  return [
    ids,
    typeIds,
    names,
    nameLike,
    isAnonymous,
    either && some,
    filter.typeSlugs,
    filter.typeNameLike,
    ...ofSchema.parts,
    ofSchema.either,
  ];
}
