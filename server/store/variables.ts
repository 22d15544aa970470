import type { Millis } from "#server/domain/state.ts";
import type { Queryable } from "./database.ts";
import countSql from "./sql/variable-count.sql" with { type: "text" };
import deleteSql from "./sql/variable-delete.sql" with { type: "text" };
import insertSql from "./sql/variable-insert.sql" with { type: "text" };
import readSql from "./sql/variable-read.sql" with { type: "text" };
import updateSql from "./sql/variable-update.sql" with { type: "text" };
import { isErrorCode } from "./system-error.ts";
import type { Tx } from "./transaction.ts";

const UNIQUE_VIOLATION = "23505";

/** A JSON value under a name. */
export interface Variable {
  readonly id: string;
  readonly name: string;
  /** JSON text, as it was given. */
  readonly value: string;
  readonly tags: readonly string[];
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** In which order variables are listed. */
export type VariableSort = "CREATED_DESC" | "UPDATED_DESC" | "NAME_DESC" | "NAME_ASC";

/** Which variables are meant; null: whatever it is. */
export interface VariableFilter {
  readonly ids?: readonly string[] | null;
  readonly names?: readonly string[] | null;
  /** A pattern of `ilike`. */
  readonly nameLike?: string | null;
  /** All of them. */
  readonly tags?: readonly string[] | null;
  readonly hasNoTags?: boolean | null;
  /** One of the two parts about tags is enough. */
  readonly eitherOfTags?: boolean;
  /** One of the parts is enough. */
  readonly either?: boolean;
}

/** One variable, by its id or its name. */
export type VariableKey = { readonly id: string } | { readonly name: string };

/** The variables that the filter finds: at most `limit` after the first `offset`; null: all. */
export async function findVariables(
  db: Queryable,
  filter: VariableFilter,
  page: { readonly limit: number | null; readonly offset: number } = { limit: null, offset: 0 },
  sort: VariableSort = "NAME_ASC",
): Promise<Variable[]> {
  const { rows } = await db.query<Variable>({
    name: "variable-read",
    text: readSql,
    values: [...filterValues(filter), sort, page.limit, page.offset],
  });
  return rows;
}

/** The variable; undefined if there is none. */
export async function getVariable(db: Queryable, key: VariableKey): Promise<Variable | undefined> {
  const filter = "id" in key ? { ids: [key.id] } : { names: [key.name] };
  const [variable] = await findVariables(db, filter, { limit: 1, offset: 0 });
  return variable;
}

/** How many variables the filter finds. */
export async function countVariables(db: Queryable, filter: VariableFilter): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: "variable-count",
    text: countSql,
    values: filterValues(filter),
  });
  return rows[0]?.count ?? 0;
}

/** A variable to insert. `value` is JSON text. */
export type NewVariable = Pick<Variable, "id" | "name" | "value" | "tags">;

/** False if the name is taken. */
export async function insertVariable(tx: Tx, variable: NewVariable): Promise<boolean> {
  const { id, name, value, tags } = variable;
  const { rowCount } = await tx.query({
    name: "variable-insert",
    text: insertSql,
    values: [id, name, value, tags],
  });
  return rowCount === 1;
}

/** What to change of a variable; undefined leaves it as it is. */
export interface VariableFields {
  readonly name?: string | undefined;
  /** JSON text. */
  readonly value?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** The changed variable; "taken" if another has the new name, undefined if there is none to change. */
export async function updateVariableRow(
  tx: Tx,
  key: VariableKey,
  { name, value, tags }: VariableFields,
): Promise<{ readonly id: string; readonly name: string } | "taken" | undefined> {
  try {
    const { rows } = await tx.query<{ id: string; name: string }>({
      name: "variable-update",
      text: updateSql,
      values: [...keyValues(key), name ?? null, value !== undefined, value ?? null, tags ?? null],
    });
    return rows[0];
  } catch (error) {
    if (isErrorCode(error, UNIQUE_VIOLATION)) return "taken";
    throw error;
  }
}

/** Deletes a variable; undefined if there is none. */
export async function deleteVariableRow(
  tx: Tx,
  key: VariableKey,
): Promise<{ readonly id: string; readonly name: string } | undefined> {
  const { rows } = await tx.query<{ id: string; name: string }>({
    name: "variable-delete",
    text: deleteSql,
    values: keyValues(key),
  });
  return rows[0];
}

function keyValues(key: VariableKey): [id: string | null, name: string | null] {
  return "id" in key ? [key.id, null] : [null, key.name];
}

function filterValues(filter: VariableFilter): unknown[] {
  const { ids = null, names = null, nameLike = null, tags = null, hasNoTags = null } = filter;
  const either =
    (filter.either ?? false) && (ids ?? names ?? nameLike ?? tags ?? hasNoTags) !== null;
  const eitherOfTags = (filter.eitherOfTags ?? false) && (tags ?? hasNoTags) !== null;
  return [ids, names, nameLike, tags, hasNoTags, eitherOfTags, either];
}
