import { createHash } from "node:crypto";
import type { Statement } from "./database.ts";

/** What a search may look at, with the SQL that reads it. Only these texts ever get into a statement. */
export interface SearchColumn {
  readonly sql: string;
  /** The type of its values. */
  readonly type: "uuid" | "text" | "timestamptz" | "boolean" | "integer";
  /** Whether it holds a list. */
  readonly list?: boolean;
}

/** What is asked of the rows of a search. Values are only ever parameters. */
export type Condition =
  | { readonly kind: "all" | "some"; readonly of: readonly Condition[] }
  | {
      readonly kind: "any" | "none" | "every" | "prefix";
      readonly column: SearchColumn;
      readonly values: readonly unknown[];
    }
  | {
      readonly kind: "like" | "from" | "to" | "is";
      readonly column: SearchColumn;
      readonly value: unknown;
    }
  | { readonly kind: "null"; readonly column: SearchColumn; readonly is: boolean }
  /** Some row of another table that belongs to this one. `sql` ends where its condition follows. */
  | { readonly kind: "related"; readonly sql: readonly [string, string]; readonly of: Condition }
  | { readonly kind: "never" };

/** All of them; nothing is asked if there are none. */
export function all(of: readonly Condition[]): Condition {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { kind: "all", of };
}

/** Whether nothing is asked. */
export function isEmpty(condition: Condition): boolean {
  return (condition.kind === "all" || condition.kind === "some") && condition.of.length === 0;
}

/**
 * A statement made of a condition. Filters have too many forms for a file of each, and one that asks
 * for all of them by "or it is null" could not use an index; its name tells its text.
 */
export class SearchStatement {
  readonly #values: unknown[] = [];

  /** A value's place in the text. */
  value(value: unknown, type: string): string {
    this.#values.push(value);
    return `$${this.#values.length}::${type}`;
  }

  /** The statement of that text, named by `what` and by the text itself. */
  finish(what: string, text: string): Statement {
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
    return { name: `${what}-${hash}`, text, values: this.#values };
  }

  /** The condition's SQL. */
  where(condition: Condition): string {
    switch (condition.kind) {
      case "all":
        return this.#join(condition.of, " and ", "true");
      case "some":
        return this.#join(condition.of, " or ", "true");
      case "never":
        return "false";
      case "related": {
        const [before, after] = condition.sql;
        return `${before}${this.where(condition.of)}${after}`;
      }
      case "null": {
        const { column, is } = condition;
        const isNull =
          column.list === true ? `cardinality(${column.sql}) = 0` : `${column.sql} is null`;
        return is ? isNull : `not (${isNull})`;
      }
      case "any":
      case "none":
      case "every":
      case "prefix":
        return this.#compareList(condition);
      case "like":
      case "from":
      case "to":
      case "is":
        return this.#compareValue(condition);
    }
  }

  #join(of: readonly Condition[], word: string, empty: string): string {
    return of.length === 0 ? empty : `(${of.map((one) => this.where(one)).join(word)})`;
  }

  #compareList(condition: Extract<Condition, { values: unknown }>): string {
    const { kind, values } = condition;
    const { sql, type, list } = condition.column;
    if (kind === "prefix") {
      return `exists (select from unnest(${this.value(values, "text[]")}) as prefix (text)
                       where starts_with(${sql}, prefix.text))`;
    }
    const given = this.value(values, `${type}[]`);
    if (kind === "none") return `${sql} <> all(${given})`;
    if (kind === "every") return `${sql} @> ${given}`;
    return list === true ? `${sql} && ${given}` : `${sql} = any(${given})`;
  }

  #compareValue(condition: Extract<Condition, { value: unknown }>): string {
    const { kind, value } = condition;
    const { sql, type } = condition.column;
    if (kind === "like") {
      const part = String(value).replaceAll(/[\\%_]/g, String.raw`\$&`);
      return `${sql} ilike ${this.value(`%${part}%`, "text")}`;
    }
    const operator = { from: ">=", to: "<=", is: "=" }[kind];
    return `${sql} ${operator} ${this.value(value, type)}`;
  }
}
