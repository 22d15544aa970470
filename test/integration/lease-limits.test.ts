import { afterEach, expect, test } from "bun:test";
import { grantStarts } from "#server/transitions/grant-starts.ts";
import { sweep } from "#server/transitions/sweep.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";

const worlds: LeaseWorld[] = [];

async function world(options?: Parameters<typeof LeaseWorld.create>[0]): Promise<LeaseWorld> {
  const created = await LeaseWorld.create(options);
  worlds.push(created);
  return created;
}

afterEach(async () => {
  for (const used of worlds.splice(0)) await used.database.drop();
});

test("twenty claimers never exceed the pool's limit nor their own", async () => {
  const w = await world({ limit: 10 });
  await w.createRuns(60);
  const agents = await Promise.all(
    Array.from({ length: 20 }, () => w.hello(undefined, { limit: 2 })),
  );
  const claims = await Promise.all(
    agents.flatMap((agent) => [w.claim(agent, 50), w.claim(agent, 50), w.claim(agent, 50)]),
  );
  const leases = claims.flat();
  expect(leases).toHaveLength(10);
  expect(new Set(leases.map((lease) => lease.flowRunId)).size).toBe(10);
  for (const agent of agents) {
    expect(leases.filter((lease) => lease.agentId === agent.agentId).length).toBeLessThanOrEqual(2);
  }
});

test("runs of a queue that is full hide no others", async () => {
  const w = await world();
  await w.deploy("blocked", 0, "blocked");
  await w.database.pool.query(
    "update sluice.work_queue set concurrency_limit = 1, priority = 1 where name = 'blocked'",
  );
  await w.database.pool.query("update sluice.work_queue set priority = 2 where name = 'default'");
  await w.createRuns(300, 0, "work/blocked");
  const [free = ""] = await w.createRuns(1);
  const agent = await w.hello();
  const leases = await w.claim(agent);
  expect(leases).toHaveLength(2);
  expect(leases.map((lease) => lease.flowRunId)).toContain(free);
});

test("a run becomes claimable by its agent's prefetch, and its start waits until it is due", async () => {
  const w = await world();
  await w.createRuns(1, 20);
  const patient = await w.hello();
  expect(await w.claim(patient)).toHaveLength(0);
  const eager = await w.hello(undefined, { prefetchSeconds: 30 });
  const lease = await w.claimOne(eager);
  expect((await grantStarts(w.ctx, [lease]))[0]).toMatchObject({ decision: "wait" });
  await w.age(6);
  await sweep(w.ctx);
  expect((await w.run(lease.flowRunId)).type).toBe("PENDING");
});

test("an overdue run is marked Late and is still granted", async () => {
  const w = await world();
  const [id = ""] = await w.createRuns(1);
  await w.database.pool.query(
    "update sluice.flow_run set next_start_at = next_start_at - interval '20 s'",
  );
  await sweep(w.ctx);
  expect(await w.run(id)).toMatchObject({ type: "SCHEDULED", name: "Late" });
  await w.claimOne(await w.hello());
});
