import type { Millis } from "#server/domain/state.ts";
import { type BlockSchemaFilter, schemaFilterParts } from "./block-schema-filter.ts";
import type { Queryable } from "./database.ts";
import deleteSql from "./sql/block-type-delete.sql" with { type: "text" };
import insertSql from "./sql/block-type-insert.sql" with { type: "text" };
import installSql from "./sql/block-type-install.sql" with { type: "text" };
import readSql from "./sql/block-type-read.sql" with { type: "text" };
import updateSql from "./sql/block-type-update.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** What a block type says about itself. Null: nothing. */
export interface BlockTypeTexts {
  readonly logoUrl: string | null;
  readonly documentationUrl: string | null;
  readonly description: string | null;
  readonly codeExample: string | null;
}

/** A kind of block. */
export interface BlockType extends BlockTypeTexts {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  /** It comes with the control plane and cannot be deleted. */
  readonly isProtected: boolean;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** Which types are meant; null: whatever it is. */
export interface BlockTypeFilter {
  readonly ids?: readonly string[] | null;
  readonly slugs?: readonly string[] | null;
  /** A pattern of `ilike`. */
  readonly nameLike?: string | null;
  /** One of the type's schemas is such a one. */
  readonly schemas?: BlockSchemaFilter | null;
}

/** Types by name: at most `limit` after the first `offset`. */
export async function findBlockTypes(
  db: Queryable,
  filter: BlockTypeFilter,
  page: { readonly limit: number; readonly offset: number },
): Promise<BlockType[]> {
  const { ids = null, slugs = null, nameLike = null, schemas = null } = filter;
  const { parts, either } = schemaFilterParts(schemas);
  const { rows } = await db.query<BlockType>({
    name: "block-type-read",
    text: readSql,
    values: [
      ids,
      slugs,
      nameLike,
      parts.some((part) => part !== null),
      ...parts,
      either,
      page.limit,
      page.offset,
    ],
  });
  return rows;
}

/** The type with that id or slug; undefined if there is none. */
export async function getBlockType(
  db: Queryable,
  by: { readonly id: string } | { readonly slug: string },
): Promise<BlockType | undefined> {
  const filter = "id" in by ? { ids: [by.id] } : { slugs: [by.slug] };
  const [type] = await findBlockTypes(db, filter, { limit: 1, offset: 0 });
  return type;
}

/** A type to insert. */
export interface NewBlockType extends BlockTypeTexts {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

/** False if the slug is taken. */
export async function insertBlockType(tx: Tx, type: NewBlockType): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "block-type-insert",
    text: insertSql,
    values: [
      type.id,
      type.slug,
      type.name,
      type.logoUrl,
      type.documentationUrl,
      type.description,
      type.codeExample,
    ],
  });
  return rowCount === 1;
}

/** Adds the protected types that are not there. */
export async function installBlockTypeRows(
  tx: Tx,
  types: readonly {
    readonly id: string;
    readonly slug: string;
    readonly name: string;
    readonly description: string;
  }[],
): Promise<void> {
  await tx.query({
    name: "block-type-install",
    text: installSql,
    values: [
      types.map(({ id }) => id),
      types.map(({ slug }) => slug),
      types.map(({ name }) => name),
      types.map(({ description }) => description),
    ],
  });
}

/** Changes what is not undefined; the type's slug, or undefined if there is no such type. */
export async function updateBlockTypeRow(
  tx: Tx,
  id: string,
  texts: { readonly [K in keyof BlockTypeTexts]: string | null | undefined },
): Promise<string | undefined> {
  const given = [texts.logoUrl, texts.documentationUrl, texts.description, texts.codeExample];
  const { rows } = await tx.query<{ slug: string }>({
    name: "block-type-update",
    text: updateSql,
    values: [id, ...given.flatMap((value) => [value !== undefined, value ?? null])],
  });
  return rows[0]?.slug;
}

/** Deletes a type with all of its kind; its slug, or undefined if there is none or it is protected. */
export async function deleteBlockTypeRow(tx: Tx, id: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ slug: string }>({
    name: "block-type-delete",
    text: deleteSql,
    values: [id],
  });
  return rows[0]?.slug;
}
