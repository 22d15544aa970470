import { relative } from "node:path";
import pc from "picocolors";

/** Prints a line. */
export function say(text = ""): void {
  console.log(text);
}

/** Prints that something is done. */
export function step(text: string): void {
  say(`${pc.green("✓")} ${text}`);
}

/** The shortest path to it from where the user is. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}

/** A word as it is typed in a shell. */
export function quoted(word: string): string {
  return /^[\w./=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A path as the user would type it where they are. */
export function shown(path: string): string {
  return quoted(shortPath(path));
}

/** The text of anything thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
