import { usageError } from "./cli-error.ts";

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object: no list, not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses a text that must be a JSON object. `source` names it in errors, as `--params`. A text that
 * is not JSON is refused with line, column and what stands there.
 */
export function parseJsonObject(text: string, source: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const offset = firstError(text);
    const before = text.slice(0, offset).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    const found = offset >= text.length ? "the text ends" : `found '${text.charAt(offset)}'`;
    throw usageError(
      `${source}: not JSON at line ${before.length}, column ${column}: ${found}`,
      error instanceof Error ? error.message.replace(/^JSON Parse error: /, "") : String(error),
    );
  }
  if (!isJsonObject(value)) {
    const kind = Array.isArray(value) ? "a list" : value === null ? "null" : `a ${typeof value}`;
    throw usageError(`${source}: must be a JSON object such as {"top": 10}, not ${kind}`);
  }
  return value;
}

const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

/** Offset of the first character at which the text can no longer become JSON. */
function firstError(text: string): number {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return false;
    at += match[0].length;
    return true;
  };
  const is = (character: string): boolean => {
    if (text.charAt(at) !== character) return false;
    at += 1;
    take(SPACE);
    return true;
  };
  const members = (close: string, member: () => boolean): boolean => {
    if (is(close)) return true;
    do if (!member()) return false;
    while (is(","));
    return is(close);
  };
  const value = (): boolean => {
    take(SPACE);
    const ok = is("{")
      ? members("}", () => take(STRING) && (take(SPACE), is(":")) && value())
      : is("[")
        ? members("]", value)
        : take(STRING) || take(NUMBER) || take(WORD);
    if (ok) take(SPACE);
    return ok;
  };
  value();
  return at;
}
