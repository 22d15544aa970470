import { parseExactJson, writeExactJson } from "#server/domain/blocks/exact-json.ts";

/**
 * A member of a body as JSON text, its numbers as they were sent: `1.0` stays that, and no digit of a
 * long number is lost. Undefined if the body does not have it.
 */
export function exactMember(body: string, key: string): string | undefined {
  const parsed = parseExactJson(body);
  const value = parsed instanceof Map ? parsed.get(key) : undefined;
  return value === undefined ? undefined : writeExactJson(value);
}
