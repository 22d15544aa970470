import { afterEach, describe, expect, test } from "bun:test";
import type { DeploymentLimit } from "#server/store/deployment-limits.ts";
import { renewSlotLease } from "#server/transitions/renew-slot-lease.ts";
import { sweep } from "#server/transitions/sweep.ts";
import { takeSlots } from "#server/transitions/take-slots.ts";
import { createConcurrencyLimit } from "#server/transitions/create-concurrency-limit.ts";
import { updateConcurrencyLimit } from "#server/transitions/update-concurrency-limit.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { propose } from "#test/support/propose.ts";

const PENDING = { type: "PENDING" } as const;
const RUNNING = { type: "RUNNING" } as const;

const worlds: LeaseWorld[] = [];

afterEach(async () => {
  for (const used of worlds.splice(0)) await used.database.drop();
});

/** A world with runs of an engine-managed flow whose deployment has one slot. */
async function engineRuns(
  concurrency: Partial<DeploymentLimit> = {},
  count = 2,
): Promise<{ w: LeaseWorld; ids: string[]; deployment: string }> {
  const w = await LeaseWorld.create();
  worlds.push(w);
  const deployment = await w.deploy("engine", 0, "", {
    entrypoint: "flow.py:main",
    concurrency: { limit: 1, strategy: "ENQUEUE", gracePeriodSeconds: null, ...concurrency },
  });
  return { w, ids: await w.createRuns(count, 0, "work/engine"), deployment };
}

async function leaseOf(w: LeaseWorld, id: string): Promise<string | null> {
  const { rows } = await w.database.pool.query<{ lease: string | null }>(
    "select state_details->>'deploymentConcurrencyLeaseId' as lease from sluice.flow_run where id = $1",
    [id],
  );
  return rows[0]?.lease ?? null;
}

async function leases(w: LeaseWorld): Promise<{ id: string; seconds: number }[]> {
  const { rows } = await w.database.pool.query<{ id: string; seconds: number }>(
    `select id, round(extract(epoch from expires_at - created_at))::integer as seconds
       from sluice.concurrency_lease`,
  );
  return rows;
}

/** All leases on slots run out now. */
async function expire(w: LeaseWorld): Promise<void> {
  await w.database.pool.query(
    "update sluice.concurrency_lease set expires_at = clock_timestamp() - interval '1 s'",
  );
  await sweep(w.ctx);
}

describe("the slot of a run that an engine runs elsewhere", () => {
  test("is taken at PENDING under a lease that the state names, for 300 s", async () => {
    const { w, ids } = await engineRuns();
    const [first = "", second = ""] = ids;
    expect(await propose(w.ctx, first, PENDING)).toMatchObject({ status: "ACCEPT" });
    const lease = await leaseOf(w, first);
    expect(await leases(w)).toEqual([{ id: lease ?? "", seconds: 300 }]);
    expect(await propose(w.ctx, second, PENDING)).toMatchObject({ status: "REJECT" });
    expect(await leases(w)).toHaveLength(1);
  });

  test("lasts as long as the grace period says, and where runs do not wait they are CANCELLED", async () => {
    const { w, ids } = await engineRuns({ gracePeriodSeconds: 90, strategy: "CANCEL_NEW" });
    const [first = "", second = ""] = ids;
    await propose(w.ctx, first, PENDING);
    expect(await leases(w)).toMatchObject([{ seconds: 90 }]);
    expect(await propose(w.ctx, second, PENDING)).toMatchObject({ status: "REJECT" });
    expect(await w.run(second)).toMatchObject({ type: "CANCELLED" });
  });

  test("cannot be had of a limit of 0", async () => {
    const { w, ids, deployment } = await engineRuns();
    await updateConcurrencyLimit(w.ctx, `deployment:${deployment}`, { limit: 0 });
    expect(await propose(w.ctx, ids[0] ?? "", PENDING)).toMatchObject({ status: "ABORT" });
    expect(await w.run(ids[0] ?? "")).toMatchObject({ type: "SCHEDULED" });
  });

  test("is given back when the run ends, is retried, or is deleted", async () => {
    const { w, ids } = await engineRuns({}, 4);
    const [first = "", second = "", third = "", fourth = ""] = ids;
    const taken = async (id: string): Promise<void> => {
      expect(await propose(w.ctx, id, PENDING)).toMatchObject({ status: "ACCEPT" });
    };
    await taken(first);
    await propose(w.ctx, first, RUNNING);
    await propose(w.ctx, first, { type: "COMPLETED" });
    await taken(second);
    await propose(w.ctx, second, { type: "SCHEDULED" });
    await taken(third);
    await w.database.pool.query("delete from sluice.flow_run where id = $1", [third]);
    expect(await leases(w)).toEqual([]);
    await taken(fourth);
    await propose(w.ctx, fourth, { type: "CRASHED" }, "minimal");
    expect(await leases(w)).toEqual([]);
    expect(await leaseOf(w, fourth)).toBeNull();
  });

  test("is lost when nobody renews it: another run has it, and the first is not started", async () => {
    const { w, ids } = await engineRuns();
    const [first = "", second = ""] = ids;
    await propose(w.ctx, first, PENDING);
    const lease = (await leaseOf(w, first)) ?? "";
    const woken = new Set<string>();
    w.ctx.wakeUps.on("pool", (id) => woken.add(id));
    await expire(w);
    expect([...woken]).toEqual([w.poolId]);
    expect(await renewSlotLease(w.ctx, lease, 300)).toBeFalse();
    expect(await propose(w.ctx, second, PENDING)).toMatchObject({ status: "ACCEPT" });
    expect(await propose(w.ctx, first, RUNNING)).toMatchObject({ status: "REJECT" });
    expect(await w.run(first)).toMatchObject({ type: "CANCELLED" });
  });

  test("that was lost is had again at RUNNING where it is free, and is kept by renewing", async () => {
    const { w, ids } = await engineRuns();
    const [first = "", second = ""] = ids;
    await propose(w.ctx, first, PENDING);
    const lost = await leaseOf(w, first);
    await expire(w);
    expect(await propose(w.ctx, first, RUNNING)).toMatchObject({ status: "ACCEPT" });
    const lease = (await leaseOf(w, first)) ?? "";
    expect(lease).not.toBe(lost ?? "");
    await w.database.pool.query(
      "update sluice.concurrency_lease set expires_at = clock_timestamp() + interval '1 s'",
    );
    expect(await renewSlotLease(w.ctx, lease, 60)).toBeTrue();
    await sweep(w.ctx);
    expect(await propose(w.ctx, second, PENDING)).toMatchObject({ status: "REJECT" });
  });
});

describe("the slot of a run that an agent of ours holds", () => {
  test("has a lease for its engine, but is held by the agent's whether the engine renews or not", async () => {
    const { w, ids } = await engineRuns();
    const agent = await w.hello();
    const { flowRunId } = await w.claimOne(agent);
    expect(await leaseOf(w, flowRunId)).not.toBeNull();
    await expire(w);
    expect(await leases(w)).toHaveLength(1);
    expect(await w.claim(agent)).toEqual([]);
    expect(await propose(w.ctx, flowRunId, RUNNING)).toMatchObject({ status: "ACCEPT" });
    const other = ids.find((id) => id !== flowRunId) ?? "";
    expect(await propose(w.ctx, other, PENDING)).toMatchObject({ status: "REJECT" });
  });

  test("needs no lease where there is no engine, nor does that of a worker's command", async () => {
    const w = await LeaseWorld.create();
    worlds.push(w);
    await w.deploy("commands", 0, "", {
      concurrency: { limit: 1, strategy: "ENQUEUE", gracePeriodSeconds: null },
    });
    const [first = "", second = ""] = await w.createRuns(2, 0, "work/commands");
    expect(await propose(w.ctx, first, PENDING)).toMatchObject({ status: "ACCEPT" });
    expect(await leases(w)).toEqual([]);
    await expire(w);
    expect(await propose(w.ctx, second, PENDING)).toMatchObject({ status: "REJECT" });
    await propose(w.ctx, first, { type: "CANCELLING" }, "minimal");
    expect(await w.claim(await w.hello())).toEqual([]);
  });
});

test("slots that programs took are free when their lease is found expired, and wake who shares them", async () => {
  const w = await LeaseWorld.create();
  worlds.push(w);
  const fresh = { slotsHeld: 0, slotDecayPerSecond: 0, deniedSlots: 0, active: true };
  const id = await createConcurrencyLimit(w.ctx, { name: "shared", limit: 2, ...fresh });
  await w.deploy("shares", 0, "", {
    concurrency: { limit: { id }, strategy: "ENQUEUE", gracePeriodSeconds: null },
  });
  await w.createRuns(2, 0, "work/shares");
  const asked = { names: ["shared"], mode: "concurrency" } as const;
  const lease = { seconds: 60, holder: null };
  expect(await takeSlots(w.ctx, { ...asked, slots: 1, lease })).toMatchObject({ taken: true });
  const agent = await w.hello();
  expect(await w.claim(agent)).toHaveLength(1);
  expect(await takeSlots(w.ctx, { ...asked, slots: 1, lease })).toMatchObject({ taken: false });
  const woken = new Set<string>();
  w.ctx.wakeUps.on("pool", (pool) => woken.add(pool));
  await expire(w);
  expect([...woken]).toEqual([w.poolId]);
  expect(await w.claim(agent)).toHaveLength(1);
});
