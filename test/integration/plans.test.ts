import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { fillRuns } from "#test/bench/fill-runs.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";

const DIRECTORY = join(import.meta.dir, "../../server/store/sql");
const RUNS = 20_000;

/** Blocks that a statement may touch; reading all runs of a queue takes several hundred and more. */
const MOST_BLOCKS = 60;

let world: LeaseWorld;
let queueIds: string[];

/** Three queues: one full of due runs, one of future ones, one of runs that have ended. */
beforeAll(async () => {
  world = await LeaseWorld.create();
  for (const queue of ["due", "future", "ended"]) {
    await world.deploy(queue, 0, queue);
    const [template = ""] = await world.createRuns(
      1,
      queue === "future" ? 86_400 : 0,
      `work/${queue}`,
    );
    const ended = { state_type: "'COMPLETED'", state_name: "'Completed'", next_start_at: "null" };
    const spread = { next_start_at: "next_start_at + make_interval(secs => number * 0.001)" };
    await fillRuns(world, template, RUNS, queue === "ended" ? ended : spread);
  }
  const { pool } = world.database;
  await pool.query(
    "delete from sluice.flow_run where state_type = 'SCHEDULED' and work_queue_id in (select id from sluice.work_queue where name = 'ended')",
  );
  // Marked already, as the sweep leaves them.
  await pool.query(
    "update sluice.flow_run set state_name = 'Late' where state_type = 'SCHEDULED' and work_queue_id in (select id from sluice.work_queue where name = 'due')",
  );
  await pool.query("vacuum analyze sluice.flow_run");
  const { rows } = await pool.query<{ id: string }>("select id from sluice.work_queue order by id");
  queueIds = rows.map(({ id }) => id);
});
afterAll(() => world.database.drop());

/** How many blocks a statement of `sql/` touches, with its values, on the server's own settings. */
async function blocks(name: string, values: readonly string[]): Promise<number> {
  const client = await world.database.pool.connect();
  try {
    await client.query(
      `prepare counted as ${readFileSync(join(DIRECTORY, `${name}.sql`), "utf8")}`,
    );
    const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: Record<string, number> }] }>(
      `explain (analyze, buffers, format json) execute counted (${values.join(", ")})`,
    );
    const plan = rows[0]?.["QUERY PLAN"][0].Plan ?? {};
    return (plan["Shared Hit Blocks"] ?? NaN) + (plan["Shared Read Blocks"] ?? NaN);
  } finally {
    await client.query("deallocate counted");
    client.release();
  }
}

const queues = (): string => `'{${queueIds.join(",")}}'`;
const each = (value: number): string => `'{${queueIds.map(() => value).join(",")}}'`;

test("a claim's candidates are found without reading what is not due or beyond the caps", async () => {
  expect(
    await blocks("claim-candidates", [queues(), each(1), each(10), "0", "10", "null"]),
  ).toBeLessThan(MOST_BLOCKS);
});

test("the next due run is found without reading those that are due and blocked", async () => {
  expect(await blocks("claim-next-due", [queues(), "0"])).toBeLessThan(MOST_BLOCKS);
});

test("late runs are found without reading those of the future", async () => {
  expect(await blocks("flow-run-overdue", ["15", "400"])).toBeLessThan(MOST_BLOCKS);
});

test("what starts next is found without reading the runs of the future, or those of pages before", async () => {
  const pool = `'${world.poolId}'`;
  const first = [pool, "0", "5", "null", "null", "null"];
  expect(await blocks("flow-run-upcoming", first)).toBeLessThan(MOST_BLOCKS * 2);
  const { rows } = await world.database.pool.query<{ priority: number; at: number; id: string }>(
    `select q.priority, extract(epoch from r.next_start_at) * 1000 as at, r.id
       from sluice.flow_run r join sluice.work_queue q on q.id = r.work_queue_id
      where q.name = 'due' and r.state_type = 'SCHEDULED'
      order by r.next_start_at desc, r.id desc limit 1`,
  );
  const [last] = rows;
  const key = [String(last?.priority), String(last?.at), `'${last?.id}'`];
  expect(await blocks("flow-run-upcoming", [pool, "0", "5", ...key])).toBeLessThan(MOST_BLOCKS * 2);
});
