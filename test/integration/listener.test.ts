import { afterEach, beforeEach, expect, test } from "bun:test";
import { startListener, type ListenerOptions } from "#server/store/listener.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { notifyOnCommit, WakeUps } from "#server/store/wake-ups.ts";
import { silentLogger } from "#shared/logger.ts";
import { eventually } from "#test/support/eventually.ts";
import { FaultyLink } from "#test/support/faulty-link.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";

const TEST_MS = 60_000;

let database: TestDatabase;
let stops: (() => Promise<void>)[];
beforeEach(async () => {
  database = await testDatabase();
  stops = [];
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  await database.drop();
});

/** What a replica is told. */
class Ears {
  readonly wakeUps = new WakeUps("here");
  readonly heard: string[] = [];
  missed = 0;

  constructor() {
    this.wakeUps.on("pool", (id) => void this.heard.push(id));
    this.wakeUps.onMissed(() => void (this.missed += 1));
  }
}

async function listen(
  ears: Ears,
  options: Partial<ListenerOptions> = {},
): Promise<() => Promise<void>> {
  const { stop } = await startListener({
    url: database.url,
    wakeUps: ears.wakeUps,
    logger: silentLogger,
    ...options,
  });
  stops.push(stop);
  return stop;
}

function notify(from: string, ids: readonly string[]): Promise<void> {
  return inTransaction(database.pool, (tx) => notifyOnCommit(tx, new WakeUps(from), "pool", ids));
}

test(
  "hears each pool that another replica notified once, and nothing of its own",
  async () => {
    const ears = new Ears();
    await listen(ears);
    await notify("here", ["own"]);
    await notify("there", ["a", "b", "a"]);
    await eventually(() => ears.heard.length >= 2);
    await notify("there", ["end"]);
    await eventually(() => ears.heard.includes("end"));
    expect(ears.heard.toSorted()).toEqual(["a", "b", "end"]);
  },
  TEST_MS,
);

test(
  "a connection that is cut is replaced, and everybody is woken because something may be lost",
  async () => {
    const ears = new Ears();
    await listen(ears);
    expect(ears.missed).toBe(1);
    await database.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sluice-listener' and datname = current_database()",
    );
    await eventually(() => ears.missed === 2);
    await notify("there", ["after"]);
    await eventually(() => ears.heard.includes("after"));
  },
  TEST_MS,
);

test(
  "a connection that is half open is noticed by its silence",
  async () => {
    const host = new URL(database.url).searchParams.get("host");
    const target =
      host === null
        ? { port: Number(new URL(database.url).port) }
        : { path: `${host}/.s.PGSQL.5432` };
    await using link = await FaultyLink.open(target);
    const url = new URL(database.url);
    url.search = "";
    url.hostname = "127.0.0.1";
    url.port = String(link.port);
    const ears = new Ears();
    const stop = await listen(ears, { url: url.href, beatMs: 50, beatTimeoutMs: 200 });
    await eventually(() => ears.missed === 1);
    link.silence();
    await eventually(() => link.withheldBytes > 0);
    await link.heal();
    await eventually(() => ears.missed >= 2);
    await notify("there", ["after"]);
    await eventually(() => ears.heard.includes("after"));
    await stop();
  },
  TEST_MS,
);

test(
  "a database that is away when it starts is found when it comes",
  async () => {
    const ears = new Ears();
    const url = new URL(database.url);
    const name = url.pathname.slice(1);
    url.pathname = `/${name}_later`;
    await listen(ears, { url: url.href });
    expect(ears.missed).toBe(0);
    await database.pool.query(`create database ${name}_later template template0`);
    stops.unshift(async () => {
      await database.pool.query(`drop database ${name}_later with (force)`);
    });
    await eventually(() => ears.missed === 1, { timeoutMs: 30_000 });
  },
  TEST_MS,
);

test(
  "stop ends the connection",
  async () => {
    const stop = await listen(new Ears());
    await stop();
    await eventually(async () => {
      const { rowCount } = await database.pool.query(
        "select from pg_stat_activity where application_name = 'sluice-listener' and datname = current_database()",
      );
      return rowCount === 0;
    });
  },
  TEST_MS,
);
