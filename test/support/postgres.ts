import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { openDatabase } from "#server/store/database.ts";
import { MIGRATIONS, migrate } from "#server/store/migrate.ts";
import { newId } from "#shared/ids.ts";
import { silentLogger } from "#shared/logger.ts";

const START_MS = 60_000;
const START_AGAIN_MS = 2_000;
const LOOK_AGAIN_MS = 25;
/** Key of the lock under which a template is made. */
const TEMPLATE_LOCK = 0x74706c74;

/** A database of one test file. */
export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Ends the pool and removes the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** A fresh database with the present schema, cloned from a template: 20 to 50 ms. */
export async function testDatabase(): Promise<TestDatabase> {
  const admin = await serverUrl();
  return createDatabase(admin, await templateFor(admin));
}

/** A fresh database without any schema. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return createDatabase(await serverUrl(), "template0");
}

let knownServer: Promise<string> | undefined;

/** The shared test server's address: SLUICE_TEST_DATABASE_URL, or one of our own, started if needed. */
function serverUrl(): Promise<string> {
  const given = process.env["SLUICE_TEST_DATABASE_URL"];
  knownServer ??= given === undefined || given === "" ? useKeeper() : Promise.resolve(given);
  return knownServer;
}

async function useKeeper(): Promise<string> {
  const directory = join(tmpdir(), `sluice-test-${process.getuid?.() ?? 0}`);
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  const end = performance.now() + START_MS;
  for (let startAt = 0; ;) {
    const url = await askKeeper(join(directory, "keeper.sock"));
    if (url !== undefined) return url;
    const now = performance.now();
    if (now > end) throw new Error(`no test database came up; see ${directory}/keeper.log`);
    // One that lost the race for the directory ends at once; the next may get it.
    if (now >= startAt) {
      startKeeper(directory);
      startAt = now + START_AGAIN_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Starts it as a child of nobody: the test runner ends the children of a file with the file. */
function startKeeper(directory: string): void {
  const log = openSync(join(directory, "keeper.log"), "a");
  const keeper = [process.execPath, join(import.meta.dir, "postgres-keeper.ts"), directory];
  spawnSync("sh", ["-c", '"$@" &', "sh", ...keeper], {
    stdio: ["ignore", log, log],
  });
  closeSync(log);
}

/** The address that the keeper tells; undefined if there is none. The connection is left open. */
function askKeeper(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.endsWith("\n")) return;
      socket.unref();
      resolve(text.trim());
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(undefined));
  });
}

const templates = new Map<string, Promise<string>>();

function templateFor(admin: string): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(MIGRATIONS)).digest("hex").slice(0, 12);
  const name = `test_template_${hash}`;
  const made = templates.get(name) ?? makeTemplate(admin, name);
  templates.set(name, made);
  return made;
}

async function makeTemplate(admin: string, name: string): Promise<string> {
  await withAdmin(admin, async (client) => {
    await client.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
    if (rowCount !== 0) return;
    const unfinished = `${name}_unfinished`;
    await client.query(`drop database if exists ${unfinished} with (force)`);
    await client.query(`create database ${unfinished} template template0 strategy file_copy`);
    const pool = openPool(withDatabase(admin, unfinished));
    await migrate(pool, silentLogger);
    await pool.end();
    await client.query(`alter database ${unfinished} rename to ${name}`);
  });
  return name;
}

async function createDatabase(admin: string, template: string): Promise<TestDatabase> {
  const name = `test_${newId().replaceAll("-", "")}`;
  await withAdmin(admin, (client) =>
    client.query(`create database ${name} template ${template} strategy file_copy`),
  );
  const url = withDatabase(admin, name);
  const pool = openPool(url);
  return {
    url,
    pool,
    drop: async () => {
      await pool.end();
      await withAdmin(admin, (client) =>
        client.query(`drop database if exists ${name} with (force)`),
      );
    },
  };
}

function openPool(url: string): pg.Pool {
  return openDatabase({ url, maxConnections: 10, logger: silentLogger });
}

async function withAdmin(
  admin: string,
  body: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  try {
    await body(client);
  } finally {
    await client.end();
  }
}

/** The same server's address with another database. */
function withDatabase(address: string, name: string): string {
  const url = new URL(address);
  url.pathname = `/${name}`;
  return url.href;
}
