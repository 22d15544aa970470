import { AppError } from "#shared/errors.ts";
import type { Surroundings } from "./cli.ts";
import { CliError, EXIT_ERROR, EXIT_USAGE, InterruptedError } from "./cli-error.ts";

/** Prints what went wrong, as one line and its hints, and tells the exit code. */
export function reportError(error: unknown, surroundings: Surroundings): number {
  const { err } = surroundings.terminal;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof InterruptedError) err.write(message === "" ? "" : `${message}\n`);
  else if (message !== "") err.write(`${err.colours.red(`Error: ${message}`)}\n`);
  if (error instanceof CliError) for (const hint of error.hints) err.write(`  ${hint}\n`);
  if (surroundings.environment["SLUICE_DEBUG"] === "1" && error instanceof Error) {
    err.write(`${error.stack ?? ""}\n`);
    if (error.cause instanceof Error) err.write(`Caused by: ${error.cause.stack ?? ""}\n`);
  }
  if (error instanceof CliError) return error.exitCode;
  return error instanceof AppError && error.reason === "invalid_argument" ? EXIT_USAGE : EXIT_ERROR;
}
