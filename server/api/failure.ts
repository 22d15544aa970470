import { isDatabaseAway } from "#server/store/database-away.ts";
import { AppError } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import type { Logger } from "#shared/logger.ts";

/**
 * What a caller may know of anything thrown: a refusal as it is; a database that is away as
 * `database_unavailable`; everything else as `internal` with an id under which the log has the rest.
 */
export function describeFailure(error: unknown, logger: Logger): AppError {
  if (error instanceof AppError) return error;
  if (isDatabaseAway(error)) {
    return new AppError(
      "database_unavailable",
      "The control plane cannot reach its database right now; try again in a few seconds.",
      { cause: error },
    );
  }
  if (isUnstorableText(error)) {
    return new AppError(
      "invalid_argument",
      "A text of the request holds a character that cannot be stored, such as NUL; leave it out.",
      { cause: error },
    );
  }
  if (isUnstorableNumber(error)) {
    return new AppError(
      "invalid_argument",
      "A number or time of the request is larger than can be stored; give a smaller one.",
      { cause: error },
    );
  }
  const id = newId();
  logger.error("a request failed inside the server", {
    error_id: id,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return new AppError(
    "internal",
    `Something failed inside the control plane; its log tells what under error_id=${id}.`,
    { metadata: { error_id: id } },
  );
}

/** What PostgreSQL says of a NUL in a text, and of a lone half of a character in JSON. */
function isUnstorableText(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && ["22021", "22P05"].includes(String(error.code))
  );
}

/** What PostgreSQL says of a number or a time that no column of its type can hold. */
function isUnstorableNumber(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && ["22003", "22008"].includes(String(error.code))
  );
}
