import { invalidField } from "#shared/errors.ts";

const MAX_LENGTH = 255;

/** Refuses a slug or name of a block that has other characters than small letters, digits and dashes. */
export function requireBlockName(field: string, name: string): void {
  requireCharacters(field, name, /^[a-z0-9-]+$/, "small letters, digits and dashes");
}

/** Refuses a variable's name that has other characters than small letters, digits, - and _. */
export function requireVariableName(field: string, name: string): void {
  requireCharacters(field, name, /^[a-z0-9_-]+$/, "small letters, digits, dashes and underscores");
}

function requireCharacters(field: string, name: string, allowed: RegExp, words: string): void {
  if (!allowed.test(name)) {
    throw invalidField(field, `'${name}' is not allowed; use ${words}, at least one`);
  }
  if (name.length > MAX_LENGTH) {
    throw invalidField(
      field,
      `it has ${name.length} characters; at most ${MAX_LENGTH} are allowed`,
    );
  }
}
