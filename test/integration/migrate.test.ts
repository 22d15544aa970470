import { afterEach, beforeEach, expect, test } from "bun:test";
import pg from "pg";
import { openDatabase } from "#server/store/database.ts";
import {
  migrate,
  MIGRATIONS,
  requirePostgresVersion,
  SCHEMA_VERSION,
  type Migration,
} from "#server/store/migrate.ts";
import { AppError } from "#shared/errors.ts";
import { silentLogger } from "#shared/logger.ts";
import { emptyDatabase, type TestDatabase } from "#test/support/postgres.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await emptyDatabase();
});
afterEach(() => database.drop());

const next = SCHEMA_VERSION + 1;
const plainStep: Migration = {
  version: next,
  name: "plain",
  sql: "create table sluice.plain (id integer);",
};
const breakingStep: Migration = {
  version: next,
  name: "apart",
  sql: "-- breaking\ncreate table sluice.apart (id integer);",
};

function run(migrations: readonly Migration[] = MIGRATIONS): Promise<{ version: number }> {
  return migrate(database.pool, silentLogger, migrations);
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error instanceof AppError ? error.message : "";
}

async function applied(): Promise<number[]> {
  const { rows } = await database.pool.query<{ version: number }>(
    "select version from sluice.schema_migration order by version",
  );
  return rows.map(({ version }) => version);
}

async function exists(table: string): Promise<boolean> {
  const { rows } = await database.pool.query<{ found: boolean }>(
    "select to_regclass($1) is not null as found",
    [table],
  );
  return rows[0]?.found === true;
}

test("an empty database gets every step, and a second run none", async () => {
  expect(await run()).toEqual({ version: SCHEMA_VERSION });
  expect(await run()).toEqual({ version: SCHEMA_VERSION });
  expect(await applied()).toEqual(MIGRATIONS.map(({ version }) => version));
});

test("the steps are numbered from 1 without a gap", () => {
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
});

test("of five servers that start at once each finds the schema complete, and each step ran once", async () => {
  const pools = [1, 2, 3, 4, 5].map(() =>
    openDatabase({ url: database.url, maxConnections: 2, logger: silentLogger }),
  );
  try {
    const results = await Promise.all(pools.map((pool) => migrate(pool, silentLogger)));
    expect(results).toEqual(pools.map(() => ({ version: SCHEMA_VERSION })));
    expect(await applied()).toEqual(MIGRATIONS.map(({ version }) => version));
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
});

test("a step that fails leaves nothing of itself, and the next run tries it again", async () => {
  const bad = { ...plainStep, sql: `${plainStep.sql} select 1 / 0;` };
  expect(await refusal(run([...MIGRATIONS, bad]))).toContain("division by zero");
  expect(await exists("sluice.plain")).toBe(false);
  expect(await applied()).toEqual(MIGRATIONS.map(({ version }) => version));
  expect(await run([...MIGRATIONS, plainStep])).toEqual({ version: next });
  expect(await exists("sluice.plain")).toBe(true);
});

test("a newer schema is taken as it is if nothing in it breaks this program", async () => {
  await run([...MIGRATIONS, plainStep]);
  expect(await run()).toEqual({ version: next });
});

test("a newer schema with a breaking step is refused, with the version that is needed", async () => {
  await run([...MIGRATIONS, breakingStep]);
  const message = await refusal(run());
  expect(message).toContain(`schema ${next}, apart`);
  expect(message).toContain("or newer");
});

test("the schema can be used by who may not create schemas", async () => {
  await run();
  const role = `reader_${next}_${process.pid}_${Date.now()}`;
  await database.pool.query(`create role ${role} login`);
  try {
    await database.pool.query(`grant usage on schema sluice to ${role}`);
    await database.pool.query(`grant select on all tables in schema sluice to ${role}`);
    const url = new URL(database.url);
    url.username = role;
    const pool = openDatabase({ url: url.href, maxConnections: 1, logger: silentLogger });
    try {
      expect(await migrate(pool, silentLogger)).toEqual({ version: SCHEMA_VERSION });
    } finally {
      await pool.end();
    }
  } finally {
    await database.pool.query(`drop owned by ${role}; drop role ${role}`);
  }
});

/** What `migrate` says where no connection comes about. */
async function refusalOf(url: string): Promise<string> {
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    return await refusal(migrate(pool, silentLogger));
  } finally {
    await pool.end();
  }
}

test("a database that does not exist is named, with the way out", async () => {
  const url = new URL(database.url);
  url.pathname = "/nowhere";
  expect(await refusalOf(url.href)).toMatch(/"nowhere" does not exist; create it/);
});

test("a server that is not there is refused with the way out, and without the password", async () => {
  const message = await refusalOf("postgres://somebody:hush@127.0.0.1:1/sluice");
  expect(message).toContain("start PostgreSQL");
  expect(message).not.toContain("hush");
});

test("a wrong password is refused with the way out, and is not repeated", async () => {
  // A server that wants a password and takes none, without one of PostgreSQL's own.
  const listener = Bun.listen<undefined>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket) => {
        const fields = [
          "SFATAL",
          "VFATAL",
          "C28P01",
          'Mpassword authentication failed for user "u"',
        ];
        const body = Buffer.from(`${fields.join("\0")}\0\0`);
        const head = Buffer.alloc(5);
        head.write("E");
        head.writeInt32BE(body.length + 4, 1);
        socket.end(Buffer.concat([head, body]));
      },
    },
  });
  try {
    const message = await refusalOf(`postgres://u:hush@127.0.0.1:${listener.port}/sluice`);
    expect(message).toContain("correct user and password in SLUICE_DATABASE_URL");
    expect(message).not.toContain("hush");
  } finally {
    listener.stop(true);
  }
});

test("PostgreSQL 13 is refused, 14 is not", () => {
  expect(() => requirePostgresVersion({ number: 130_022, name: "13.22" })).toThrow(
    "the database is PostgreSQL 13.22; Sluice needs version 14 or newer",
  );
  expect(() => requirePostgresVersion({ number: 140_000, name: "14.0" })).not.toThrow();
});
