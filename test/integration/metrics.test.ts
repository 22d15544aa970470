import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { auditSlots } from "#server/store/slot-audit.ts";
import { acceptLeases } from "#server/transitions/accept-leases.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { TestServer } from "#test/support/test-server.ts";

describe("the audit of slots", () => {
  let world: LeaseWorld;
  beforeAll(async () => {
    world = await LeaseWorld.create();
  });
  afterAll(() => world.database.drop());

  test("is 0 while leases, runs and agents agree, and tells each way in which they do not", async () => {
    await world.createRuns(5);
    const agent = await world.hello();
    const leases = await world.claim(agent);
    await acceptLeases(world.ctx, [...leases]);
    await world.age(60);
    const [first, second, third, fourth, ...rest] = leases;
    if (first === undefined || second === undefined || third === undefined) throw new Error("few");
    if (fourth === undefined) throw new Error("few");
    const audit = (held: readonly (typeof first)[]) =>
      auditSlots(world.database.pool, [{ agentId: agent.agentId, held }], 20);
    expect(await audit(leases)).toEqual({
      openLeases: 5,
      leasesWithoutRun: 0,
      runsWithoutLease: 0,
      heldWithoutLease: 0,
      leasesNotHeld: 0,
    });
    expect(await audit(rest)).toMatchObject({ leasesNotHeld: 4, heldWithoutLease: 0 });

    const { pool } = world.database;
    await pool.query("update sluice.flow_run set leased = false where id = $1", [first.flowRunId]);
    await pool.query(
      "update sluice.lease set ended_at = clock_timestamp() - interval '1 h' where flow_run_id = $1",
      [second.flowRunId],
    );
    await pool.query(
      "update sluice.lease set agent_id = gen_random_uuid() where flow_run_id = $1",
      [third.flowRunId],
    );
    expect(await audit(leases)).toEqual({
      openLeases: 4,
      leasesWithoutRun: 1,
      runsWithoutLease: 1,
      heldWithoutLease: 2,
      leasesNotHeld: 0,
    });
  });
});

describe("/metrics", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ SLUICE_SERVER_API_KEY: "a-key-of-some-length" });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const scrape = (key?: string): Promise<Response> =>
    fetch(`${server.url}/metrics`, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    });

  test("asks for the key", async () => {
    expect((await scrape()).status).toBe(401);
  });

  test("tells agents, slots and their drift in Prometheus' form", async () => {
    const response = await scrape("a-key-of-some-length");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toStartWith("text/plain");
    const text = await response.text();
    expect(text).toMatch(/^sluice_agents_connected 0$/m);
    expect(text).toMatch(/^sluice_slots_held 0$/m);
    for (const kind of [
      "lease_without_run",
      "run_without_lease",
      "held_without_lease",
      "lease_not_held",
    ]) {
      expect(text).toContain(`sluice_slot_drift{kind="${kind}"} 0`);
    }
    expect(text).toMatch(/^process_resident_memory_bytes [1-9]/m);
  });
});
