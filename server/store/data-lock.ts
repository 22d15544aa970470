import { Database } from "bun:sqlite";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError, messageOf } from "#shared/errors.ts";
import { errorCode } from "./system-error.ts";

/**
 * Takes a data directory for this process; the returned function gives it back. The lock is the
 * kernel's, on a file that SQLite keeps locked, so it ends with this process however that dies, and
 * a pid that is used again cannot be mistaken for its holder. Throws an AppError that names the
 * holder if there is one.
 */
export function lockDataDirectory(directory: string): () => void {
  const holderFile = join(directory, "server.pid");
  let database: Database | undefined;
  try {
    database = new Database(join(directory, "server.lock"), { create: true });
    database.run("begin exclusive");
    writeFileSync(holderFile, `${process.pid}\n`);
  } catch (cause) {
    database?.close();
    if (errorCode(cause) === "SQLITE_BUSY") {
      throw new AppError(
        "database_unavailable",
        `another Sluice server (process ${readHolder(holderFile)}) uses the data in ${directory}; ` +
          "stop it, or start this one with another --data-dir",
        { cause },
      );
    }
    throw new AppError(
      "database_unavailable",
      `the data directory ${directory} cannot be written: ${messageOf(cause)}; ` +
        "make it writable for this user, or choose another with --data-dir",
      { cause },
    );
  }
  const held = database;
  return () => held.close();
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "unknown";
  }
}
