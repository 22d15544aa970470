import { afterEach, beforeEach, expect, test } from "bun:test";
import { ensurePartitions } from "#server/store/partitions.ts";
import { newId } from "#shared/ids.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";

const TABLES = ["event", "flow_run_state", "log"];
let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.drop());

async function partitions(): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `select relname as name from pg_class
     where relispartition and relkind = 'r' and relname !~ 'default' order by relname`,
  );
  return rows.map(({ name }) => name);
}

async function day(offset: number): Promise<string> {
  const { rows } = await database.pool.query<{ day: string }>(
    "select to_char((clock_timestamp() at time zone 'UTC')::date + $1::integer, 'YYYYMMDD') as day",
    [offset],
  );
  return rows[0]?.day ?? "";
}

async function insertEvent(daysFromNow: number): Promise<string> {
  const id = newId();
  await database.pool.query(
    `insert into sluice.event (id, at, event, resource_kind, resource_id, payload)
     values ($1, clock_timestamp() + $2 * interval '24 hours', 'test', 'flow-run', $1, '{}')`,
    [id, daysFromNow],
  );
  return id;
}

async function partitionOf(id: string): Promise<string | undefined> {
  const { rows } = await database.pool.query<{ name: string }>(
    "select tableoid::regclass::text as name from sluice.event where id = $1",
    [id],
  );
  return rows[0]?.name;
}

test("there is a partition for today and each of the next seven days", async () => {
  await ensurePartitions(database.pool, { retentionDays: 14 });
  const days = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(day));
  expect(await partitions()).toEqual(TABLES.flatMap((table) => days.map((at) => `${table}_${at}`)));
  expect(await partitionOf(await insertEvent(0))).toBe(`sluice.event_${await day(0)}`);
});

test("doing it again changes nothing", async () => {
  await ensurePartitions(database.pool, { retentionDays: 14 });
  const before = await partitions();
  await ensurePartitions(database.pool, { retentionDays: 14 });
  expect(await partitions()).toEqual(before);
});

test("rows that wait in the default partition move to their day", async () => {
  const today = await insertEvent(0);
  const ahead = await insertEvent(5);
  const farAhead = await insertEvent(40);
  expect(await partitionOf(today)).toBe("sluice.event_default");
  await ensurePartitions(database.pool, { retentionDays: 14 });
  expect(await partitionOf(today)).toBe(`sluice.event_${await day(0)}`);
  expect(await partitionOf(ahead)).toBe(`sluice.event_${await day(5)}`);
  expect(await partitionOf(farAhead)).toBe("sluice.event_default");
});

test("days older than the retention are dropped, with their rows in the default partition", async () => {
  const old = await day(-15);
  const kept = await day(-14);
  for (const at of [old, kept]) {
    await database.pool.query(
      `create table sluice.event_${at} partition of sluice.event
       for values from ('${at} 00:00+00') to ('${at} 24:00+00')`,
    );
  }
  const oldRow = await insertEvent(-15);
  const olderRow = await insertEvent(-30);
  const keptRow = await insertEvent(-14);
  await ensurePartitions(database.pool, { retentionDays: 14 });
  expect(await partitionOf(oldRow)).toBeUndefined();
  expect(await partitionOf(olderRow)).toBeUndefined();
  expect(await partitionOf(keptRow)).toBe(`sluice.event_${kept}`);
  expect(await partitions()).not.toContain(`event_${old}`);
});

test("several replicas at once make each partition once, while rows keep arriving", async () => {
  let writing = true;
  const writer = (async () => {
    const ids: string[] = [];
    while (writing) ids.push(await insertEvent(ids.length % 9));
    return ids;
  })();
  await Promise.all([1, 2, 3].map(() => ensurePartitions(database.pool, { retentionDays: 14 })));
  await ensurePartitions(database.pool, { retentionDays: 14 });
  writing = false;
  const ids = await writer;
  expect(await partitions()).toHaveLength(TABLES.length * 8);
  const { rows } = await database.pool.query<{ n: number }>(
    "select count(*) as n from sluice.event",
  );
  expect(rows[0]?.n).toBe(ids.length);
});

test("a table that somebody reads for long is left for the next time", async () => {
  const reader = await database.pool.connect();
  try {
    await reader.query("begin; select from sluice.event");
    await ensurePartitions(database.pool, { retentionDays: 14 });
    await reader.query("commit");
  } finally {
    reader.release();
  }
  await ensurePartitions(database.pool, { retentionDays: 14 });
  expect(await partitions()).toHaveLength(TABLES.length * 8);
}, 60_000);
