import { invalidField } from "./errors.ts";
import type { JsonValue } from "./json.ts";

/**
 * Refuses text that PostgreSQL cannot keep: with a NUL character, or with half of a surrogate pair.
 * `field` is what the error names.
 */
export function requireStorableText(field: string, text: string): void {
  if (text.includes("\0")) {
    throw invalidField(field, "it contains a NUL character, which cannot be stored; remove it");
  }
  if (!text.isWellFormed()) {
    throw invalidField(field, "it contains half of a surrogate pair, which is not a character");
  }
}

/** The same for all keys and strings within a JSON value. */
export function requireStorableJson(field: string, value: JsonValue): void {
  if (typeof value === "string") requireStorableText(field, value);
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      requireStorableText(field, key);
      requireStorableJson(`${field}.${key}`, inner);
    }
  }
}
