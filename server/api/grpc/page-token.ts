import { invalidField } from "#shared/errors.ts";

/** Rows of a page if none are asked for, and the most there may be. */
const DEFAULT_PAGE_SIZE = 200;

/**
 * Bytes of rows put on one page. Clients refuse messages above 4 MiB, and a run may carry 512 KiB
 * of parameters; a page may hold fewer rows than asked for.
 */
const PAGE_BYTES = 2 * 1024 * 1024;

/** A page of rows, and the token of the next one; empty if this was the last. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly nextPageToken: string;
}

/** How many rows a page may have. Refuses what is below 0 or above `max`, and names `max`. */
export function pageSize(asked: number, max = DEFAULT_PAGE_SIZE): number {
  if (asked === 0) return DEFAULT_PAGE_SIZE;
  if (asked < 0 || asked > max) {
    throw invalidField(
      "page_size",
      `${asked} is out of range; ask for 1 to ${max}, or 0 for ${DEFAULT_PAGE_SIZE}`,
    );
  }
  return asked;
}

/** Stands in a token's `like` for a time in Millis, which may have a fraction. */
export const MOMENT = 0.5;

/** Furthest from 1970 that a time can be, in Millis. */
const MOST_MILLIS = 8.64e15;

/** The token that continues list `list` behind `key`. Opaque to clients. */
export function writePageToken(list: string, key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString("base64url");
}

/**
 * The key of a token, with as many parts, of the same kinds, as `like`; null for the empty token.
 * Refuses a token that was not given out by `list`.
 */
export function readPageToken<const Key extends readonly (string | number)[]>(
  list: string,
  token: string,
  like: Key,
): { readonly [I in keyof Key]: Key[I] extends number ? number : string } | null {
  if (token === "") return null;
  const parts = parse(token);
  const fits = (
    key: unknown[],
  ): key is { [I in keyof Key]: Key[I] extends number ? number : string } & unknown[] =>
    key.length === like.length &&
    key.every((part, i) => typeof part === typeof like[i] && isPlace(part, like[i]));
  if (Array.isArray(parts) && parts[0] === list) {
    const key = parts.slice(1);
    if (fits(key)) return key;
  }
  throw invalidField(
    "page_token",
    "this is not a token of this list; hand on next_page_token as it came, or leave it empty to begin anew",
  );
}

/** Whether a part can be where a row of a list is: whole numbers are places, others times. */
function isPlace(part: unknown, like: string | number | undefined): boolean {
  if (typeof part !== "number") return true;
  return like === MOMENT ? Math.abs(part) <= MOST_MILLIS : Number.isSafeInteger(part);
}

/** How many bytes texts take on the wire: a character may take three times its length. */
export function bytesIn(...texts: readonly (string | null)[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), 0);
}

/**
 * Cuts what was read, which is up to `size` + 1 rows, to a page of at most `size` rows and about
 * PAGE_BYTES bytes, but at least one row.
 */
export function toPage<Row>(
  read: readonly Row[],
  size: number,
  bytesOf: (row: Row) => number,
  tokenBehind: (row: Row) => string,
): Page<Row> {
  let bytes = 0;
  let count = 0;
  for (const row of read.slice(0, size)) {
    bytes += bytesOf(row);
    if (count > 0 && bytes > PAGE_BYTES) break;
    count += 1;
  }
  const rows = read.slice(0, count);
  const last = rows.at(-1);
  const more = count < read.length && last !== undefined;
  return { rows, nextPageToken: more ? tokenBehind(last) : "" };
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return null;
  }
}
