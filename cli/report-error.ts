import { errorLine, exitCodeFor } from "#shared/program-errors.ts";
import type { Surroundings } from "./cli.ts";
import { CliError, InterruptedError } from "./cli-error.ts";

/** Prints what went wrong, as one line and its hints, and tells the exit code. */
export function reportError(error: unknown, surroundings: Surroundings): number {
  const { err } = surroundings.terminal;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof InterruptedError) err.write(message === "" ? "" : `${message}\n`);
  else if (message !== "") err.write(`${err.colours.red(errorLine(error))}\n`);
  if (error instanceof CliError) for (const hint of error.hints) err.write(`  ${hint}\n`);
  if (surroundings.environment["SLUICE_DEBUG"] === "1" && error instanceof Error) {
    err.write(`${error.stack ?? ""}\n`);
    if (error.cause instanceof Error) err.write(`Caused by: ${error.cause.stack ?? ""}\n`);
  }
  return error instanceof CliError ? error.exitCode : exitCodeFor(error);
}
