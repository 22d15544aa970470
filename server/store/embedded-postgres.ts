import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import { AppError, messageOf } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";
import { lockDataDirectory } from "./data-lock.ts";
import { canEnter, chooseAccount, reachingCapability, type Account } from "./postgres-account.ts";
import { carriedArchive, unpackArchive } from "./postgres-archive.ts";
import { copyBinaries, installedBinaries, majorVersion, makeLinks } from "./postgres-binaries.ts";
import { canGrantCapability, startProgram, type Launch } from "./postgres-process.ts";
import { superviseServer } from "./postgres-server.ts";
import { clearStalePostmaster } from "./stale-postmaster.ts";
import { isErrorCode } from "./system-error.ts";

/** The one that is there from the start: making another takes a third of a second. */
const DATABASE = "postgres";
/** Not "sluice": a schema of the user's name would hide names that are not given in full. */
const USER = "postgres";
const PORT = 5432;
/** Longest path of a socket that every system takes, without its final zero. */
const MAX_SOCKET_PATH = 103;

/** A PostgreSQL that runs for this server alone. */
export interface EmbeddedPostgres {
  /** Where its one database is reached: a Unix socket, in a directory closed to other users. */
  readonly url: string;
  /** Whether a PostgreSQL of a server that died was still running, and was taken over. */
  readonly adopted: boolean;
  /** Ends it in good order and waits for that. */
  readonly stop: () => Promise<void>;
}

/** How to start it. */
export interface EmbeddedPostgresOptions {
  /** Holds everything of it. Made if it does not exist. */
  readonly dataDirectory: string;
  readonly logger: Logger;
  /** Where a compiled program unpacks PostgreSQL; the default is `binaries` in the data directory. */
  readonly binariesDirectory?: string;
  /** Directory with `bin`, `lib` and `share`, instead of what the program carries or npm installed. */
  readonly binaries?: string;
  /** Settings beside ours, as `name=value`. */
  readonly settings?: readonly string[];
}

/**
 * Starts PostgreSQL on the data directory, made on the first start. It listens on a Unix socket
 * only, ends with this process (also at kill -9, where setpriv exists), and is started anew if it
 * dies by itself. One server owns a data directory at a time. Throws an AppError that says what to
 * do.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { logger } = options;
  const directory = resolve(options.dataDirectory);
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    throw cannotMake(directory, cause);
  }
  const unlock = lockDataDirectory(directory);
  try {
    const cluster = join(directory, "cluster");
    const account = chooseAccount(existsSync(cluster) ? statSync(cluster).uid : undefined);
    const archive = carriedArchive();
    const found =
      options.binaries ??
      (archive === undefined
        ? installedBinaries()
        : await unpackArchive(archive, options.binariesDirectory ?? join(directory, "binaries")));
    const launch = prepareLaunch(found, directory, account);
    requireVersion(launch.binaries, cluster);
    const adopted = existsSync(cluster) && (await clearStalePostmaster(cluster, logger));
    if (!existsSync(cluster)) await createCluster(launch, directory, cluster);

    const sockets = socketDirectory(directory, account);
    const server = await superviseServer({
      launch,
      cluster,
      sockets,
      settings: [`port=${PORT}`, ...(options.settings ?? [])],
      logger,
    });
    try {
      await requireConnection(sockets);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return {
      url: `postgres://${USER}@localhost/${DATABASE}?host=${encodeURIComponent(sockets)}&port=${PORT}`,
      adopted,
      stop: async () => {
        await server.stop();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

function prepareLaunch(found: string, directory: string, account: Account | undefined): Launch {
  const complete = makeLinks(found);
  if (account === undefined) {
    return {
      binaries: complete ? found : copyBinaries(found, directory),
      account,
      capability: undefined,
    };
  }
  const capability = canGrantCapability ? reachingCapability() : undefined;
  const dataReachable = canEnter(account, directory);
  if (!dataReachable && capability === undefined) {
    throw new AppError(
      "database_unavailable",
      `PostgreSQL runs as user '${account.name}', who may not enter the directories above ${directory}; ` +
        "choose a --data-dir that this user can reach, such as /var/lib/sluice",
    );
  }
  const binariesReachable = canEnter(account, join(found, "bin"));
  const usable = complete && (binariesReachable || capability !== undefined);
  return {
    binaries: usable ? found : copyBinaries(found, directory),
    account,
    // Only where it is needed: it lets PostgreSQL read what this user may not.
    capability: dataReachable && (binariesReachable || !usable) ? undefined : capability,
  };
}

function requireVersion(binaries: string, cluster: string): void {
  const file = join(cluster, "PG_VERSION");
  let found: string;
  try {
    found = readFileSync(file, "utf8").trim();
  } catch (cause) {
    if (isErrorCode(cause, "ENOENT") && !existsSync(cluster)) return;
    throw new AppError(
      "database_unavailable",
      isErrorCode(cause, "ENOENT")
        ? `${cluster} exists but holds no PostgreSQL data; move it away, or choose another --data-dir`
        : `the data in ${cluster} cannot be read: ${messageOf(cause)}; start the server as the user who owns it, or choose another --data-dir`,
      { cause },
    );
  }
  const shipped = majorVersion(binaries);
  if (found === shipped) return;
  throw new AppError(
    "database_unavailable",
    `the data in ${cluster} was written by PostgreSQL ${found}, and this Sluice brings PostgreSQL ${shipped}; ` +
      `move it with pg_upgrade or pg_dump of both versions, run a PostgreSQL ${found} on it and set SLUICE_DATABASE_URL, or choose another --data-dir`,
  );
}

/** Makes the cluster beside its place and moves it there, so that a half-made one is never used. */
async function createCluster(launch: Launch, directory: string, cluster: string): Promise<void> {
  const unfinished = join(directory, "cluster.unfinished");
  rmSync(unfinished, { recursive: true, force: true });
  makePrivateDirectory(unfinished, launch.account);
  const initdb = startProgram(
    launch,
    "initdb",
    [
      `--pgdata=${unfinished}`,
      `--username=${USER}`,
      "--auth=trust",
      "--encoding=UTF8",
      "--locale=C.UTF-8",
      "--no-instructions",
    ],
    () => {},
  );
  const code = await initdb.exited;
  if (code !== 0) {
    throw new AppError(
      "database_unavailable",
      `PostgreSQL could not lay out its data in ${directory}: ${lastLines(initdb.output())}`,
    );
  }
  renameSync(unfinished, cluster);
}

function lastLines(output: string): string {
  return output.trim().split("\n").slice(-4).join(" · ");
}

/** Beside the data, or for long paths in a directory of our own among the temporary files. */
function socketDirectory(directory: string, account: Account | undefined): string {
  const beside = join(directory, "socket");
  const fits = (path: string) =>
    Buffer.byteLength(join(path, `.s.PGSQL.${PORT}`)) <= MAX_SOCKET_PATH;
  const name = `sluice-${process.getuid?.() ?? 0}-${Bun.hash(directory).toString(36)}`;
  const elsewhere = [tmpdir(), "/tmp"].map((temporary) => join(temporary, name)).find(fits);
  const path = fits(beside) ? beside : (elsewhere ?? join("/tmp", name));
  makePrivateDirectory(path, account);
  return path;
}

/** Makes a directory that only the account may enter, or checks that it is one. */
function makePrivateDirectory(path: string, account: Account | undefined): void {
  const owner = account ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  try {
    mkdirSync(path, { mode: 0o700 });
    if (account !== undefined) chownSync(path, owner.uid, owner.gid);
  } catch (cause) {
    if (!isErrorCode(cause, "EEXIST")) throw cannotMake(path, cause);
    // Among the temporary files somebody else may have been here first.
    const stat = lstatSync(path);
    if (!stat.isDirectory() || stat.uid !== owner.uid) {
      throw cannotMake(path, new Error("it exists, and belongs to another user"));
    }
    chmodSync(path, 0o700);
  }
}

function cannotMake(path: string, cause: unknown): AppError {
  return new AppError(
    "database_unavailable",
    `the directory ${path} cannot be made: ${messageOf(cause)}; make its parent writable for this user, or choose another --data-dir`,
    { cause },
  );
}

/** Proves that this program gets in, which takes more than that the server runs. */
async function requireConnection(sockets: string): Promise<void> {
  const client = new pg.Client({ host: sockets, port: PORT, user: USER, database: DATABASE });
  // A connection that breaks fails the statement; without a listener it would end the program.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (cause) {
    throw new AppError(
      "database_unavailable",
      `PostgreSQL runs but cannot be reached in ${sockets}: ${messageOf(cause)}`,
      { cause },
    );
  } finally {
    await client.end();
  }
}
