// Runs the PostgreSQL that all test programs of this user share, and ends with the last of them.
// A test program stays connected to `keeper.sock` as long as it lives, so it cannot be forgotten
// however it dies; the first line it gets is the database's address.
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { startEmbeddedPostgres } from "#server/store/embedded-postgres.ts";
import { lockDataDirectory } from "#server/store/data-lock.ts";
import { createLogger } from "#shared/logger.ts";

const LINGER_MS = 5_000;

const directory = process.argv[2] ?? "";
mkdirSync(directory, { recursive: true });
const socket = join(directory, "keeper.sock");
const data = join(directory, "data");
let unlock: () => void;
try {
  unlock = lockDataDirectory(directory);
} catch {
  // Another keeper is starting, running or stopping.
  process.exit(0);
}
const logger = createLogger({
  level: "info",
  format: "text",
  write: (line) => process.stderr.write(`${line}\n`),
});
// What is left of an earlier one was written without fsync, by a server that may have died.
rmSync(socket, { force: true });
const postgres = await startAnew();

const clients = new Set<Socket>();
let linger: NodeJS.Timeout | undefined;
const server = createServer((client) => {
  clearTimeout(linger);
  clients.add(client);
  client.on("error", () => {});
  client.on("close", () => {
    clients.delete(client);
    stopWhenUnused();
  });
  client.resume();
  client.write(`${postgres.url}\n`);
});
server.listen(socket, () => {
  chmodSync(socket, 0o600);
  stopWhenUnused();
});
// Ctrl-C in the terminal of one test program is no business of the others.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => void stop("SIGTERM"));

async function startAnew(): ReturnType<typeof startEmbeddedPostgres> {
  const settings = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
  ];
  const start = () => startEmbeddedPostgres({ dataDirectory: data, logger, settings });
  // Starting on the old data ends what may still run on it; only then can the data go.
  const old = await start().catch(() => undefined);
  if (old !== undefined && !old.adopted && !(await hasDatabases(old.url))) return old;
  await old?.stop();
  rmSync(data, { recursive: true, force: true });
  return start();
}

async function hasDatabases(url: string): Promise<boolean> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rowCount } = await client.query("select from pg_database where datname like 'test_%'");
  await client.end();
  return rowCount !== 0;
}

function stopWhenUnused(): void {
  if (clients.size > 0) return;
  clearTimeout(linger);
  linger = setTimeout(() => void stop("unused"), LINGER_MS);
}

async function stop(why: string): Promise<void> {
  logger.info("stopping", { why });
  server.close();
  rmSync(socket, { force: true });
  for (const client of clients) client.destroy();
  await postgres.stop();
  rmSync(data, { recursive: true, force: true });
  unlock();
  process.exit(0);
}
