/** A number as it was written. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** JSON in which numbers are as they were written, and keys in their order. */
export type ExactJson =
  | null
  | boolean
  | string
  | ExactNumber
  | readonly ExactJson[]
  | Map<string, ExactJson>;

/** Parses a text that is known to be JSON. */
export function parseExactJson(text: string): ExactJson {
  // The type of the third argument is not known to the compiler yet.
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value === "number") return new ExactNumber(context?.source ?? String(value));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return value instanceof ExactNumber || value instanceof Map
      ? value
      : new Map(Object.entries(value));
  };
  const parsed: ExactJson = JSON.parse(text, revive);
  return parsed;
}

/** The value as compact JSON, numbers as they were written. */
export function writeExactJson(value: ExactJson): string {
  if (value instanceof ExactNumber) return value.text;
  if (value instanceof Map) {
    const members = [...value].map(
      ([key, inner]) => `${JSON.stringify(key)}:${writeExactJson(inner)}`,
    );
    return `{${members.join(",")}}`;
  }
  if (Array.isArray(value)) return `[${value.map(writeExactJson).join(",")}]`;
  return JSON.stringify(value);
}
