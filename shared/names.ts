import { invalidField } from "./errors.ts";

const FORBIDDEN = /[/%&><]/;

/**
 * Refuses a name that cannot be used in paths and tables: empty or of only spaces and quotes, or
 * holding one of `/ % & > <`. `field` is what the error names.
 */
export function requireName(field: string, name: string): void {
  if (name.replace(/[\s'"]/g, "") === "") {
    throw invalidField(
      field,
      `'${name}' is empty; give a name with at least one visible character`,
    );
  }
  const bad = FORBIDDEN.exec(name);
  if (bad !== null) {
    throw invalidField(field, `'${name}' contains '${bad[0]}'; names may not contain / % & > <`);
  }
  if (name.length > 255) {
    throw invalidField(field, `the name has ${name.length} characters; at most 255 are allowed`);
  }
}
