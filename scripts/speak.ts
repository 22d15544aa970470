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

/** A path as the user would type it where they are. */
export function shown(path: string): string {
  const short = relative(process.cwd(), path);
  const shortest = short.startsWith("..") ? path : short;
  return /^[\w./-]+$/.test(shortest) ? shortest : `'${shortest.replaceAll("'", String.raw`'\''`)}'`;
}

/** The text of anything thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
