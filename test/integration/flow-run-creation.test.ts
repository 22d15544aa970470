import { afterAll, beforeAll, expect, test } from "bun:test";
import { createFlowRuns } from "#server/transitions/create-flow-runs.ts";
import { eventually } from "#test/support/eventually.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";

let world: LeaseWorld;
beforeAll(async () => {
  world = await LeaseWorld.create();
});
afterAll(() => world.database.drop());

const create = (keys: readonly string[]) =>
  createFlowRuns(
    world.ctx,
    keys.map((idempotencyKey) => ({
      deployment: "work/main",
      name: null,
      parameters: "",
      jobVariables: "",
      tags: [],
      idempotencyKey,
      scheduledTime: null,
      workQueueName: null,
    })),
  );

test("batches with the same keys in any order do not block one another", async () => {
  const other = await world.database.pool.connect();
  const insert = (key: string) =>
    other.query(
      `insert into sluice.flow_run (id, name, flow_id, kind, state_id, state_type, state_name, state_at,
                                    idempotency_key)
       select gen_random_uuid(), 'other', f.id, 'command', gen_random_uuid(), 'SCHEDULED', 'Scheduled',
              now(), $1
         from sluice.flow f where f.name = 'work'`,
      [key],
    );
  await other.query("begin; set local lock_timeout = '2s'");
  await insert("a");
  const batch = create(["c", "b", "a"]);
  await eventually(
    async () => {
      const { rowCount } = await world.database.pool.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rowCount === 1;
    },
    { what: "the batch waits for the key a" },
  );
  await insert("b");
  await other.query("rollback");
  other.release();
  expect(await batch).toMatchObject([{ created: true }, { created: true }, { created: true }]);
});
