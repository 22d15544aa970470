import { InvalidArgumentError } from "commander";

/** A `key=value` of the command line; the value is still text. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** Splits `key=value` at the first `=`. Refuses a missing `=` or an empty key. */
export function splitKeyValue(text: string): KeyValue {
  const at = text.indexOf("=");
  if (at === -1) throw new InvalidArgumentError(`'${text}' has no '='; write key=value.`);
  const key = text.slice(0, at).trim();
  if (key === "") throw new InvalidArgumentError(`'${text}' has no key; write key=value.`);
  return { key, value: text.slice(at + 1) };
}

/** A value as JSON where it is JSON, else as the text it is: `5` is a number, `abc` is text. */
export function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** For a repeatable option: adds one more `key=value` whose value is JSON or text. */
export function collectJson(
  text: string,
  before: ReadonlyMap<string, unknown> = new Map(),
): ReadonlyMap<string, unknown> {
  const { key, value } = splitKeyValue(text);
  return new Map([...before, [key, jsonOrText(value)]]);
}

/** For a repeatable option: adds one more `KEY=value` whose value stays text. */
export function collectText(
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const { key, value } = splitKeyValue(text);
  return new Map([...before, [key, value]]);
}

/** For a repeatable option: adds one more word. */
export function collectWords(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}

/** The largest number that a message of the contract carries. */
const MOST = 2 ** 31 - 1;

/** For an option that is a whole number of at least `min`. */
export function wholeNumber(min: number, max = MOST): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text.trim()) || !Number.isSafeInteger(value)) {
      throw new InvalidArgumentError(`'${text}' is not a whole number.`);
    }
    if (value < min) throw new InvalidArgumentError(`${text} is too small; at least ${min}.`);
    if (value > max) throw new InvalidArgumentError(`${text} is too large; at most ${max}.`);
    return value;
  };
}

/** For an option that is a number of at least 0. */
export function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError(`'${text}' is not a number of at least 0.`);
  }
  return value;
}
