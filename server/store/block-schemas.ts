import type { Millis } from "#server/domain/state.ts";
import { isJsonArray, isJsonObject, type JsonValue, ownValue } from "#shared/json.ts";
import { type BlockSchemaFilter, EVERY_SCHEMA, schemaFilterParts } from "./block-schema-filter.ts";
import type { BlockType } from "./block-types.ts";
import type { Queryable } from "./database.ts";
import capabilitiesSql from "./sql/block-capability-list.sql" with { type: "text" };
import deleteSql from "./sql/block-schema-delete.sql" with { type: "text" };
import findSql from "./sql/block-schema-find.sql" with { type: "text" };
import insertSql from "./sql/block-schema-insert.sql" with { type: "text" };
import installSql from "./sql/block-schema-install.sql" with { type: "text" };
import keepSql from "./sql/block-schema-keep.sql" with { type: "text" };
import readSql from "./sql/block-schema-read.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** What the documents of a type look like, in one version. */
export interface BlockSchema {
  readonly id: string;
  readonly checksum: string;
  /** JSON text, as it was given. */
  readonly fields: string;
  readonly capabilities: readonly string[];
  readonly version: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly type: BlockType;
}

/** A schema to insert. `fields` is JSON text. */
export interface NewBlockSchema {
  readonly id: string;
  readonly blockTypeId: string;
  readonly checksum: string;
  readonly fields: string;
  readonly capabilities: readonly string[];
  readonly version: string;
}

type Row = Omit<BlockSchema, "type"> & {
  readonly [K in keyof BlockType as `type${Capitalize<K>}`]: BlockType[K];
};

/** Schemas, the newest first: at most `limit` after the first `offset`; null: all. */
export async function findBlockSchemas(
  db: Queryable,
  filter: BlockSchemaFilter | null,
  page: { readonly limit: number | null; readonly offset: number },
  checksum: string | null = null,
): Promise<BlockSchema[]> {
  const { parts, either } = schemaFilterParts(filter);
  const { rows } = await db.query<Row>({
    name: "block-schema-read",
    text: readSql,
    values: [...parts, checksum, either, page.limit, page.offset],
  });
  return rows.map(readRow);
}

/** The schemas with these ids. */
export function getBlockSchemas(db: Queryable, ids: readonly string[]): Promise<BlockSchema[]> {
  return findBlockSchemas(db, { ...EVERY_SCHEMA, ids }, { limit: null, offset: 0 });
}

/** The newest schema with that checksum, of that version if one is given; undefined if none. */
export async function getBlockSchemaByChecksum(
  db: Queryable,
  checksum: string,
  version: string | null,
): Promise<BlockSchema | undefined> {
  const filter = { ...EVERY_SCHEMA, versions: version === null ? null : [version] };
  const [schema] = await findBlockSchemas(db, filter, { limit: 1, offset: 0 }, checksum);
  return schema;
}

/** Everything that any schema is said to be able to do. */
export async function listBlockCapabilities(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ capability: string }>({
    name: "block-capability-list",
    text: capabilitiesSql,
    values: [],
  });
  return rows.map(({ capability }) => capability);
}

/** Inserts a schema, or finds the one that is the same. Undefined: there is no such type. */
export async function ensureBlockSchema(
  tx: Tx,
  schema: NewBlockSchema,
): Promise<{ readonly id: string; readonly created: boolean } | undefined> {
  const { id, blockTypeId, checksum, fields, capabilities, version } = schema;
  const { rowCount } = await tx.query({
    name: "block-schema-insert",
    text: insertSql,
    values: [id, blockTypeId, checksum, fields, capabilities, version],
  });
  if (rowCount === 1) return { id, created: true };
  const { rows } = await tx.query<{ id: string }>({
    name: "block-schema-find",
    text: findSql,
    values: [blockTypeId, checksum, version],
  });
  return rows[0] === undefined ? undefined : { id: rows[0].id, created: false };
}

/** Adds the schemas of the protected types that are not there. */
export async function installBlockSchemaRows(
  tx: Tx,
  version: string,
  schemas: readonly {
    readonly id: string;
    readonly slug: string;
    readonly checksum: string;
    readonly fields: string;
    readonly capabilities: readonly string[];
  }[],
): Promise<void> {
  await tx.query({
    name: "block-schema-install",
    text: installSql,
    values: [
      schemas.map(({ id }) => id),
      schemas.map(({ slug }) => slug),
      schemas.map(({ checksum }) => checksum),
      schemas.map(({ fields }) => fields),
      schemas.map(({ capabilities }) => capabilities.join(",")),
      version,
    ],
  });
}

/** Deletes a schema with its documents. False if there is none, or its type is protected. */
export async function deleteBlockSchemaRow(tx: Tx, id: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "block-schema-delete",
    text: deleteSql,
    values: [id],
  });
  return rowCount === 1;
}

/** A schema as documents need it. */
export interface KeptBlockSchema {
  readonly id: string;
  readonly blockTypeId: string;
  readonly typeSlug: string;
  readonly secretFields: readonly string[];
}

/** The schema, kept from being deleted; undefined if there is none. */
export async function keepBlockSchema(tx: Tx, id: string): Promise<KeptBlockSchema | undefined> {
  const { rows } = await tx.query<Omit<KeptBlockSchema, "secretFields"> & { fields: string }>({
    name: "block-schema-keep",
    text: keepSql,
    values: [id],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const { fields, ...schema } = row;
  return { ...schema, secretFields: secretFieldsOf(fields) };
}

/** The fields that a schema, which is JSON text, calls secret. */
export function secretFieldsOf(fields: string): string[] {
  const schema: JsonValue = JSON.parse(fields);
  const named = isJsonObject(schema) ? (ownValue(schema, "secret_fields") ?? []) : [];
  return isJsonArray(named) ? named.filter((field) => typeof field === "string") : [];
}

function readRow(row: Row): BlockSchema {
  const { id, checksum, fields, capabilities, version, createdAt, updatedAt } = row;
  const type = {
    id: row.typeId,
    slug: row.typeSlug,
    name: row.typeName,
    logoUrl: row.typeLogoUrl,
    documentationUrl: row.typeDocumentationUrl,
    description: row.typeDescription,
    codeExample: row.typeCodeExample,
    isProtected: row.typeIsProtected,
    createdAt: row.typeCreatedAt,
    updatedAt: row.typeUpdatedAt,
  };
  return { id, checksum, fields, capabilities, version, createdAt, updatedAt, type };
}
