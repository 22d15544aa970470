const MOST_TRIES = 5;

/**
 * Runs a transaction again if something that it read was deleted before it could refer to it: the
 * next time it reads that it is gone, and answers accordingly.
 */
export async function despiteDeletions<T>(transaction: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (tries === MOST_TRIES || !isDanglingReference(error)) throw error;
    }
  }
}

/** What PostgreSQL says of a reference to a row that is not there. */
function isDanglingReference(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23503";
}
