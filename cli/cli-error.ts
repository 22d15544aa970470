import { EXIT_ERROR, EXIT_USAGE } from "#shared/program-errors.ts";

/** Exit code after Ctrl-C. */
export const EXIT_INTERRUPTED = 130;

/** What an error may tell beside its message. */
export interface CliErrorDetail {
  /** Lines under the message: what exactly is wrong, or what to do. */
  readonly hints?: readonly string[];
  readonly exitCode?: number;
  readonly cause?: unknown;
}

/** An error that is shown to people as one line and its hints, and ends the program. */
export class CliError extends Error {
  override readonly name: string = "CliError";
  readonly hints: readonly string[];
  readonly exitCode: number;

  constructor(message: string, detail: CliErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.hints = detail.hints ?? [];
    this.exitCode = detail.exitCode ?? EXIT_ERROR;
  }
}

/** An error of the caller's: exit code 2. */
export function usageError(message: string, ...hints: string[]): CliError {
  return new CliError(message, { hints, exitCode: EXIT_USAGE });
}

/** The control plane refused, or could not be reached. */
export class RemoteError extends CliError {
  override readonly name = "RemoteError";
  /** The connection broke or was never there: the same call may go through later. */
  readonly connectionLost: boolean;

  constructor(message: string, detail: CliErrorDetail & { connectionLost: boolean }) {
    super(message, detail);
    this.connectionLost = detail.connectionLost;
  }
}

/** Ctrl-C was pressed. The message, if any, says what goes on regardless. */
export class InterruptedError extends CliError {
  override readonly name = "InterruptedError";

  constructor(message = "") {
    super(message, { exitCode: EXIT_INTERRUPTED });
  }
}
