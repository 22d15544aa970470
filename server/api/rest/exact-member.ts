import { invalidField } from "#shared/errors.ts";
import { ExactNumber, type ExactJson, parseExactJson, writeExactJson } from "#shared/exact-json.ts";

/**
 * A member of a body as JSON text, its numbers as they were sent: `1.0` stays that, and no digit of a
 * long number is lost. Undefined if the body does not have it.
 */
export function exactMember(body: string, key: string): string | undefined {
  const parsed = parseExactJson(body);
  const value = parsed instanceof Map ? parsed.get(key) : undefined;
  return value === undefined ? undefined : writeExactJson(value);
}

/** Refuses a member with a whole number that has more digits than are kept: throws invalid_argument. */
export function requireExactNumbers(body: string, key: string): void {
  const parsed = parseExactJson(body);
  const value = parsed instanceof Map ? parsed.get(key) : undefined;
  if (value !== undefined) requireExact(key, value);
}

function requireExact(field: string, value: ExactJson): void {
  if (value instanceof ExactNumber) {
    if (/[.eE]/.test(value.text) || Number.isSafeInteger(Number(value.text))) return;
    throw invalidField(field, "it has more digits than are kept; give it as a text");
  }
  if (value instanceof Map) {
    for (const [name, inner] of value) requireExact(`${field}.${name}`, inner);
  } else if (Array.isArray(value)) {
    value.forEach((inner: ExactJson, index) => requireExact(`${field}[${index}]`, inner));
  }
}
