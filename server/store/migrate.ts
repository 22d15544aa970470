import type { Pool, PoolClient } from "pg";
import { AppError, messageOf } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";
import { VERSION } from "#shared/version.ts";
import initialSql from "./migrations/0001_initial.sql" with { type: "text" };
import rescheduleSql from "./migrations/0002_lost_policy_reschedule.sql" with { type: "text" };
import workPoolStatusSql from "./migrations/0003_work_pool_status.sql" with { type: "text" };
import workQueueStatusSql from "./migrations/0004_work_queue_status.sql" with { type: "text" };
import prefectWorkersSql from "./migrations/0005_prefect_workers.sql" with { type: "text" };
import concurrencyLimitsSql from "./migrations/0006_concurrency_limits.sql" with { type: "text" };
import blocksSql from "./migrations/0007_blocks.sql" with { type: "text" };
import serverSecretSql from "./migrations/0008_server_secret.sql" with { type: "text" };
import ageingSql from "./migrations/0009_work_pool_ageing.sql" with { type: "text" };
import bootstrapSql from "./migrations/bootstrap.sql" with { type: "text" };
import findSql from "./sql/schema-migration-find.sql" with { type: "text" };
import insertSql from "./sql/schema-migration-insert.sql" with { type: "text" };
import listSql from "./sql/schema-migration-list.sql" with { type: "text" };
import versionSql from "./sql/server-version-read.sql" with { type: "text" };
import { errorCode } from "./system-error.ts";

/** One step of the schema. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** Every step, the oldest first. Steps are only ever added. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: "initial", sql: initialSql },
  { version: 2, name: "lost_policy_reschedule", sql: rescheduleSql },
  { version: 3, name: "work_pool_status", sql: workPoolStatusSql },
  { version: 4, name: "work_queue_status", sql: workQueueStatusSql },
  { version: 5, name: "prefect_workers", sql: prefectWorkersSql },
  { version: 6, name: "concurrency_limits", sql: concurrencyLimitsSql },
  { version: 7, name: "blocks", sql: blocksSql },
  { version: 8, name: "server_secret", sql: serverSecretSql },
  { version: 9, name: "work_pool_ageing", sql: ageingSql },
];

/** Version of the schema that this program is made for. */
export const SCHEMA_VERSION: number = MIGRATIONS.at(-1)?.version ?? 0;

/** Key of the advisory lock under which the schema is changed; ours alone ("slui" as a number). */
const MIGRATION_LOCK = 0x736c7569;
const OLDEST_POSTGRES = 140_000;

/**
 * Brings the schema to the version of this program: each missing step in a transaction of its own,
 * under a lock, so that several servers may start at once. A database that is ahead is left as it
 * is, unless one of its newer steps is breaking. Throws an AppError that says what to do.
 */
export async function migrate(
  pool: Pool,
  logger: Logger,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<{ version: number }> {
  const client = await connect(pool);
  try {
    requirePostgresVersion(await readPostgresVersion(client));
    // The session's lock spans the steps' transactions.
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    try {
      return { version: await apply(client, logger, migrations) };
    } finally {
      await client.query("select pg_advisory_unlock($1)", [MIGRATION_LOCK]);
    }
  } finally {
    // Not lent again: whatever went wrong, the lock must not outlive this call.
    client.release(true);
  }
}

async function apply(
  client: PoolClient,
  logger: Logger,
  migrations: readonly Migration[],
): Promise<number> {
  // Asked first: who may not create schemas can still use one that is there.
  const { rows: found } = await client.query<{ found: boolean }>(findSql);
  if (found[0]?.found !== true) await client.query(bootstrapSql);
  const { rows } = await client.query<AppliedMigration>(listSql);
  const applied = new Set(rows.map(({ version }) => version));
  const known = migrations.at(-1)?.version ?? 0;
  const breaking = rows.find((row) => row.version > known && row.breaking);
  if (breaking !== undefined) {
    throw new AppError(
      "database_unavailable",
      `the database was changed by Sluice ${breaking.program_version} (schema ${breaking.version}, ${breaking.name}), ` +
        `and this Sluice ${VERSION} knows schemas up to ${known} only; start Sluice ${breaking.program_version} or newer`,
    );
  }
  for (const migration of migrations) {
    if (applied.has(migration.version)) continue;
    await applyOne(client, migration);
    logger.info("schema migrated", { version: migration.version, name: migration.name });
  }
  return Math.max(known, ...applied);
}

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly breaking: boolean;
  readonly program_version: string;
}

async function applyOne(client: PoolClient, migration: Migration): Promise<void> {
  const breaking = /^-- breaking$/m.test(migration.sql);
  await client.query("begin");
  try {
    await client.query(migration.sql);
    await client.query(insertSql, [migration.version, migration.name, breaking, VERSION]);
    await client.query("commit");
  } catch (cause) {
    await client.query("rollback").catch(() => {});
    throw new AppError(
      "database_unavailable",
      `schema step ${migration.version} (${migration.name}) failed and was undone: ${messageOf(cause)}`,
      { cause },
    );
  }
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (cause) {
    throw new AppError("database_unavailable", `the database refuses: ${explain(cause)}`, {
      cause,
    });
  }
}

/** Why no connection came about, with the way out. The driver's texts hold no password. */
function explain(error: unknown): string {
  const text = messageOf(error);
  switch (errorCode(error)) {
    case "28P01":
    case "28000":
      return `${text}; correct user and password in SLUICE_DATABASE_URL, or PostgreSQL's pg_hba.conf`;
    case "3D000":
      return `${text}; create it, or correct the name in SLUICE_DATABASE_URL`;
    case "53300":
      return `${text}; raise max_connections of PostgreSQL, or run fewer servers`;
    case "ECONNREFUSED":
    case "ENOENT":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${text}; start PostgreSQL, or correct host and port in SLUICE_DATABASE_URL`;
    case undefined:
    default:
      return `${text}; check SLUICE_DATABASE_URL`;
  }
}

async function readPostgresVersion(client: PoolClient): Promise<{ number: number; name: string }> {
  const { rows } = await client.query<{ number: number; name: string }>(versionSql);
  return rows[0] ?? { number: 0, name: "of an unknown version" };
}

/** Refuses a PostgreSQL that is too old. `number` is its `server_version_num`. */
export function requirePostgresVersion(version: { number: number; name: string }): void {
  if (version.number >= OLDEST_POSTGRES) return;
  throw new AppError(
    "database_unavailable",
    `the database is PostgreSQL ${version.name}; Sluice needs version 14 or newer: ` +
      "upgrade it, or leave SLUICE_DATABASE_URL out to use the PostgreSQL that Sluice brings",
  );
}
