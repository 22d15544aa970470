import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AppError, messageOf } from "#shared/errors.ts";
import { isErrorCode } from "./system-error.ts";

/** PostgreSQL as one file, carried by a compiled program. */
export interface PostgresArchive {
  /** Readable by Bun.file; inside a compiled program a path of Bun's own. */
  readonly path: string;
  /** Names the content; a directory is called by it. */
  readonly hash: string;
}

/** One entry of an archive: a file with its permissions, or a link and what it points to. */
export type ArchiveEntry =
  | { readonly path: string; readonly mode: number; readonly size: number }
  | { readonly path: string; readonly link: string };

const HEADER_LENGTH_BYTES = 4;
const ABANDONED_MS = 600_000;

let carried: PostgresArchive | undefined;

/** Tells a compiled program which archive it carries. Call it before the server starts. */
export function setPostgresArchive(path: string, hash: string): void {
  carried = { path, hash };
}

/** The archive that this program carries; none when it runs from source. */
export function carriedArchive(): PostgresArchive | undefined {
  return carried;
}

/** Packs entries and the contents of their files, in the same order, into one compressed file. */
export function packArchive(
  entries: readonly ArchiveEntry[],
  contents: readonly Uint8Array[],
): Uint8Array {
  const header = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(HEADER_LENGTH_BYTES);
  length.writeUInt32LE(header.length);
  return Bun.zstdCompressSync(Buffer.concat([length, header, ...contents]), { level: 9 });
}

/**
 * Unpacks the archive to `<directory>/<hash>`, once; the result appears whole or not at all, also
 * when two programs do it at the same time. Returns its path. Throws an AppError if there is no
 * room or no right to write.
 */
export async function unpackArchive(archive: PostgresArchive, directory: string): Promise<string> {
  const target = join(directory, archive.hash);
  if (existsSync(target)) return target;
  let unfinished: string | undefined;
  try {
    mkdirSync(directory, { recursive: true });
    removeAbandoned(directory);
    unfinished = mkdtempSync(join(directory, "unfinished-"));
    const packed = await Bun.file(archive.path).bytes();
    extract(Buffer.from(Bun.zstdDecompressSync(packed)), unfinished);
    chmodSync(unfinished, 0o755);
    // A crash of the machine must not leave a directory of that name with empty files.
    Bun.spawnSync(["sync", "-f", unfinished]);
    renameSync(unfinished, target);
  } catch (cause) {
    if (unfinished !== undefined) rmSync(unfinished, { recursive: true, force: true });
    // Another program was faster.
    if (isErrorCode(cause, "ENOTEMPTY", "EEXIST") && existsSync(target)) return target;
    throw new AppError(
      "database_unavailable",
      `PostgreSQL could not be unpacked to ${target}: ${messageOf(cause)}; it needs 60 MB there`,
      { cause },
    );
  }
  return target;
}

function extract(data: Buffer, directory: string): void {
  const headerLength = data.readUInt32LE(0);
  let offset = HEADER_LENGTH_BYTES + headerLength;
  const header: unknown = JSON.parse(data.toString("utf8", HEADER_LENGTH_BYTES, offset));
  if (!Array.isArray(header)) throw new Error("the archive has no list of its files");
  for (const entry of header) {
    if (!isEntry(entry)) throw new Error("the archive's list of files is damaged");
    const path = join(directory, entry.path);
    mkdirSync(dirname(path), { recursive: true });
    if ("link" in entry) {
      symlinkSync(entry.link, path);
    } else {
      writeFileSync(path, data.subarray(offset, offset + entry.size));
      // Not as an option of the write, which the umask would cut down.
      chmodSync(path, entry.mode);
      offset += entry.size;
    }
  }
}

function isEntry(value: unknown): value is ArchiveEntry {
  if (typeof value !== "object" || value === null) return false;
  if (!("path" in value) || typeof value.path !== "string") return false;
  if ("link" in value) return typeof value.link === "string";
  return (
    "mode" in value &&
    typeof value.mode === "number" &&
    "size" in value &&
    typeof value.size === "number"
  );
}

/** Removes what programs left that were killed while unpacking. */
function removeAbandoned(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith("unfinished-")) continue;
    const path = join(directory, name);
    const age = Date.now() - statSync(path).mtimeMs;
    if (age > ABANDONED_MS) rmSync(path, { recursive: true, force: true });
  }
}
