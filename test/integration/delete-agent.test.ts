import { afterAll, beforeAll, expect, test } from "bun:test";
import { deleteAgent } from "#server/transitions/delete-agent.ts";
import { listAgents } from "#server/store/agents.ts";
import { recordWorkerHeartbeat } from "#server/transitions/record-worker-heartbeat.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { refusal } from "#test/support/refusal.ts";

let world: LeaseWorld;
beforeAll(async () => {
  world = await LeaseWorld.create();
});
afterAll(() => world.database.drop());

const names = async (): Promise<string[]> => {
  const filter = { workPoolName: null, limit: 10, after: null };
  return (await listAgents(world.database.pool, filter, world.ctx.numbers)).map((a) => a.name);
};
const forget = (name: string): Promise<void> => deleteAgent(world.ctx, "local", name);

test("an agent is forgotten once it is offline and holds nothing, and not before", async () => {
  await world.createRuns(1);
  const agent = await world.hello();
  const lease = await world.claimOne(agent);
  const name = agent.agentName;
  expect(await refusal(forget(name))).toMatchObject({ reason: "agent_in_use" });
  await world.age(3600);
  expect(await refusal(forget(name))).toMatchObject({
    reason: "agent_in_use",
    message: expect.stringContaining("holds 1 attempt;"),
  });
  await world.database.pool.query(
    "update sluice.lease set ended_at = clock_timestamp() where flow_run_id = $1",
    [lease.flowRunId],
  );
  await forget(name);
  expect(await names()).toEqual([]);
  expect(await refusal(forget(name))).toMatchObject({ reason: "not_found" });
});

test("a Prefect worker is forgotten at any time, and comes back with its next beat", async () => {
  const beat = { name: "w", heartbeatSeconds: 30, type: null, metadata: null };
  await recordWorkerHeartbeat(world.ctx, "local", beat);
  await forget("w");
  expect(await names()).toEqual([]);
  await recordWorkerHeartbeat(world.ctx, "local", beat);
  expect(await names()).toEqual(["w"]);
});

test("a pool that is not there is named", async () => {
  expect(await refusal(deleteAgent(world.ctx, "absent", "w"))).toMatchObject({
    reason: "not_found",
  });
});
