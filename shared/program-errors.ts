import { AppError, messageOf } from "./errors.ts";

/** Exit code of a program that could not do what it was asked for. */
export const EXIT_ERROR = 1;
/** Exit code of wrong usage: the program itself refused a flag, argument, variable or file. */
export const EXIT_USAGE = 2;

/** The exit code of a program that this error ended. */
export function exitCodeFor(error: unknown): number {
  return error instanceof AppError && error.reason === "invalid_argument" ? EXIT_USAGE : EXIT_ERROR;
}

/** An error as all programs begin to tell it: a line, without its end. */
export function errorLine(error: unknown): string {
  return `Error: ${messageOf(error)}`;
}

/** The parser's refusal of a command line in the form of our errors: hints are indented lines. */
export function usageErrorText(text: string): string {
  return text.replace(/^error: /, "Error: ").replaceAll(/^\((.+)\)$/gm, "  $1");
}

/** The way out of wrong usage, as a hint under the error. `words` are those of the command. */
export function usageHint(...words: readonly string[]): string {
  return `  See \`${[...words, "--help"].join(" ")}\`.`;
}
