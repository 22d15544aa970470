/**
 * Which pass fills a placeholder: `standard` the job variables, `environment` the environment of
 * the program that resolves, `block` and `variable` the passes that come after.
 */
export type PlaceholderKind = "standard" | "environment" | "block" | "variable";

/** One `{{ name }}` in a text. */
export interface Placeholder {
  /** The whole of it, braces included. */
  readonly text: string;
  /** What stands between the braces, without the spaces. */
  readonly name: string;
  readonly kind: PlaceholderKind;
}

// Anything else between braces is ordinary text.
const PLACEHOLDER = /\{\{\s*([A-Za-z0-9_.\-[\]$]+)\s*\}\}/g;

/** The placeholders of a text, in order, repeated ones too. */
export function findPlaceholders(text: string): Placeholder[] {
  return [...text.matchAll(PLACEHOLDER)].map(([match, name = ""]) => placeholder(match, name));
}

/** The text with each placeholder replaced once; what is inserted is not looked at again. */
export function replacePlaceholders(
  text: string,
  replacement: (found: Placeholder) => string,
): string {
  return text.replace(PLACEHOLDER, (match, name: string) => replacement(placeholder(match, name)));
}

function placeholder(text: string, name: string): Placeholder {
  return { text, name, kind: kindOf(name) };
}

function kindOf(name: string): PlaceholderKind {
  if (name.startsWith("prefect.blocks.")) return "block";
  if (name.startsWith("prefect.variables.")) return "variable";
  return name.startsWith("$") ? "environment" : "standard";
}
