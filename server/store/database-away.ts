/** What Node says about a connection that could not be made or has broken. */
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * What PostgreSQL says when it cannot serve anybody for now: it starts or stops, has no connection
 * left, its disk is full, it is a standby, or it gave up a transaction whose owner was silent.
 */
const SERVER_CODES = /^(08...|53[123]00|57P0[1235]|25006|25P03)$/;

/** What pg throws without a code when a connection is gone or none came in time. */
const DRIVER_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|The server closed the connection)/i;

/**
 * Whether an error says that the database cannot be reached for now, so that the same thing may
 * succeed later. Whether a statement in flight was carried out is then unknown.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.some(isDatabaseAway)) return true;
  const code = "code" in error ? String(error.code) : "";
  // A unix socket that is not there: the server behind it is down.
  if (code === "ENOENT") return "syscall" in error && error.syscall === "connect";
  return (
    CONNECTION_CODES.has(code) || SERVER_CODES.test(code) || DRIVER_MESSAGES.test(error.message)
  );
}
