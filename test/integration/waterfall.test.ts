import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { ensureWorkQueue } from "#server/store/work-queues.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { type ModelWorld, waterfall } from "#test/support/waterfall-model.ts";

const NAMES = ["a", "b", "c", "d"];

let world: LeaseWorld;
beforeAll(async () => {
  world = await LeaseWorld.create();
  for (const name of NAMES) {
    await inTransaction(world.database.pool, (tx) => ensureWorkQueue(tx, world.poolId, name));
    await world.deploy(name, 0, name);
  }
});
afterAll(() => world.database.drop());

const limit = fc.option(fc.integer({ min: 0, max: 4 }), { nil: null });
const worlds: fc.Arbitrary<ModelWorld> = fc
  .record({
    poolLimit: fc.option(fc.integer({ min: 0, max: 8 }), { nil: null }),
    // Not a divisor of the spans below, so that the time a claim takes decides nothing.
    ageing: fc.constantFrom(null, 25, 40),
    isPaused: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    priorities: fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 4, maxLength: 4 }),
    limits: fc.tuple(limit, limit, limit, limit),
    paused: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()),
    // Seconds apart, so that the time between two statements decides nothing.
    runs: fc.array(
      fc.record({
        queue: fc.constantFrom(...NAMES),
        dueIn: fc.constantFrom(-90, -60, -30, 60, 600),
      }),
      { maxLength: 14 },
    ),
    agent: fc.record({
      limit: fc.integer({ min: 0, max: 8 }),
      queues: fc.subarray(NAMES),
      prefetchSeconds: fc.constantFrom(0, 120, 3600),
    }),
  })
  .map(({ priorities, limits, paused, runs, ...rest }) => ({
    ...rest,
    queues: NAMES.map((name, index) => ({
      name,
      priority: priorities[index] ?? 9,
      limit: limits[index] ?? null,
      isPaused: (paused[index] ?? false) && (limits[index] ?? 0) === 2,
    })),
    runs: runs.map((run, index) => ({ ...run, id: String(index) })),
  }));

/** Makes the database what the model says; answers the model with the real ids. */
async function arrange(model: ModelWorld): Promise<ModelWorld> {
  const { pool } = world.database;
  await pool.query("delete from sluice.flow_run");
  await pool.query("delete from sluice.agent");
  await pool.query(
    "update sluice.work_pool set concurrency_limit = $1, is_paused = $2, ageing_seconds = $3",
    [model.poolLimit, model.isPaused, model.ageing],
  );
  await pool.query("update sluice.work_queue set priority = priority + 100");
  for (const { name, priority, limit: most, isPaused } of model.queues) {
    await pool.query(
      "update sluice.work_queue set priority = $2, concurrency_limit = $3, is_paused = $4 where name = $1",
      [name, priority, most, isPaused],
    );
  }
  const runs = [];
  for (const run of model.runs) {
    const [id = ""] = await world.createRuns(1, run.dueIn, `work/${run.queue}`);
    runs.push({ ...run, id });
  }
  return { ...model, runs };
}

test("a claim gives what the waterfall gives, run by run", async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (drawn) => {
      const model = await arrange(drawn);
      const agent = await world.hello(undefined, {
        limit: model.agent.limit,
        queues: [...model.agent.queues],
        prefetchSeconds: model.agent.prefetchSeconds,
      });
      const claimed: string[] = [];
      for (;;) {
        const leases = await world.claim(agent, model.agent.limit);
        claimed.push(...leases.map(({ flowRunId }) => flowRunId));
        if (leases.length === 0) break;
      }
      expect(claimed).toEqual(waterfall(model));
    }),
    { numRuns: 60 },
  );
}, 60_000);
