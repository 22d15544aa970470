import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import type { WorkQueueView } from "#server/store/work-queue-views.ts";
import { getWorkQueue, readQueueHealth } from "#server/store/work-queue-views.ts";
import { createWorkQueue } from "#server/transitions/create-work-queue.ts";
import { deleteWorkQueue } from "#server/transitions/delete-work-queue.ts";
import { recordPoll } from "#server/transitions/record-poll.ts";
import { sweep } from "#server/transitions/sweep.ts";
import { updateWorkQueue } from "#server/transitions/update-work-queue.ts";
import { fillRuns } from "#test/bench/fill-runs.ts";
import { eventually } from "#test/support/eventually.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { eventsOf } from "#test/support/stored-events.ts";

let world: LeaseWorld;
beforeAll(async () => {
  world = await LeaseWorld.create();
}, 60_000);
afterAll(() => world.database.drop());

let count = 0;
async function newQueue(isPaused = false): Promise<string> {
  count += 1;
  return createWorkQueue(world.ctx, {
    workPoolName: world.poolName,
    name: `q${count}`,
    description: "",
    isPaused,
    concurrencyLimit: null,
    priority: null,
  });
}

async function view(id: string): Promise<WorkQueueView> {
  const queue = await getWorkQueue(world.database.pool, { id });
  if (queue === undefined) throw new Error(`no queue ${id}`);
  return queue;
}

async function told(id: string): Promise<string[]> {
  const events = await eventsOf(world.database.pool, id);
  return events.map(({ event }) => event.replace("prefect.work-queue.", ""));
}

/** As if the queue had been polled that long ago; null: never. */
async function lastPolled(id: string, secondsAgo: number | null): Promise<void> {
  const lastPolledAt = secondsAgo === null ? null : (await world.now()) - secondsAgo * 1000;
  await updateWorkQueue(world.ctx, { id }, { lastPolledAt });
}

/** Polls a queue, and waits until that is stored. */
async function poll(id: string): Promise<void> {
  const before = await view(id);
  recordPoll(world.ctx, [id]);
  await eventually(async () => (await view(id)).lastPolledAt !== before.lastPolledAt);
}

describe("trap 16: a paused queue", () => {
  test("that was created so is NOT_READY, and tells no status", async () => {
    const id = await newQueue(true);
    expect(await view(id)).toMatchObject({ isPaused: true, status: "NOT_READY" });
    expect(await told(id)).toEqual(["created"]);
  });

  test("tells its pause once, however often it is paused", async () => {
    const id = await newQueue();
    await updateWorkQueue(world.ctx, { id }, { isPaused: true });
    await updateWorkQueue(world.ctx, { id }, { isPaused: true });
    expect(await told(id)).toEqual(["created", "paused"]);
  });
});

describe("trap 17: a resumed queue", () => {
  test.each([
    ["30 s ago", 30, "READY", "ready"],
    ["2 min ago", 120, "NOT_READY", "not-ready"],
    ["never", null, "NOT_READY", "not-ready"],
  ] as const)("that was last polled %s", async (_, secondsAgo, status, event) => {
    const id = await newQueue();
    await updateWorkQueue(world.ctx, { id }, { isPaused: true });
    await lastPolled(id, secondsAgo);
    await updateWorkQueue(world.ctx, { id }, { isPaused: false });
    expect((await view(id)).status).toBe(status);
    expect(await told(id)).toEqual(["created", "paused", event]);
  });

  test("that was not paused keeps its status and tells nothing", async () => {
    const id = await newQueue();
    await poll(id);
    await updateWorkQueue(world.ctx, { id }, { isPaused: false });
    expect((await view(id)).status).toBe("READY");
    expect(await told(id)).toEqual(["created", "ready"]);
  });
});

describe("a poll", () => {
  test("makes a queue READY, once", async () => {
    const id = await newQueue();
    await poll(id);
    await lastPolled(id, 10);
    await poll(id);
    const queue = await view(id);
    expect(queue.status).toBe("READY");
    expect(queue.now - (queue.lastPolledAt ?? 0)).toBeLessThan(5_000);
    expect(await told(id)).toEqual(["created", "ready"]);
  });

  test("trap 19: advances a paused queue's last poll, and leaves it PAUSED", async () => {
    const id = await newQueue();
    await updateWorkQueue(world.ctx, { id }, { isPaused: true });
    await lastPolled(id, 100);
    await poll(id);
    const queue = await view(id);
    expect(queue.status).toBe("PAUSED");
    expect(queue.now - (queue.lastPolledAt ?? 0)).toBeLessThan(5_000);
    expect(await told(id)).toEqual(["created", "paused"]);
  });

  test("of a moment ago is not stored again", async () => {
    const [id, other] = [await newQueue(), await newQueue()];
    await poll(id);
    const { lastPolledAt } = await view(id);
    recordPoll(world.ctx, [id, other]);
    await eventually(async () => (await view(other)).lastPolledAt !== null);
    expect((await view(id)).lastPolledAt).toBe(lastPolledAt);
  });

  test("by many replicas at once is told once", async () => {
    const id = await newQueue();
    const replicas = Array.from({ length: 8 }, () => ({ ...world.ctx }));
    for (const ctx of replicas) recordPoll(ctx, [id]);
    await eventually(async () => (await view(id)).status === "READY");
    for (const ctx of replicas) recordPoll(ctx, [id]);
    await poll(await newQueue());
    expect(await told(id)).toEqual(["created", "ready"]);
  });

  test("is what an agent's hello is, for the queues that it serves", async () => {
    const [mine, other] = [await newQueue(), await newQueue()];
    const { name } = await view(mine);
    await world.hello({ agentId: randomUUID(), session: 1 }, { queues: [name] });
    await eventually(async () => (await view(mine)).status === "READY");
    expect((await view(other)).status).toBe("NOT_READY");
    await world.hello();
    await eventually(async () => (await view(other)).status === "READY");
  });
});

describe("a READY queue that is polled no more", () => {
  test("becomes NOT_READY after a minute, and tells so once", async () => {
    const [silent, fresh, paused] = [await newQueue(), await newQueue(), await newQueue()];
    for (const id of [silent, fresh, paused]) await poll(id);
    await updateWorkQueue(world.ctx, { id: paused }, { isPaused: true });
    await lastPolled(silent, 61);
    await lastPolled(paused, 61);
    await lastPolled(fresh, 50);
    // Silence from before a replica could commit is forgiven.
    await world.database.pool.query(
      "update sluice.liveness set grace_from = clock_timestamp() - interval '59 seconds'",
    );
    await sweep(world.ctx);
    expect((await view(silent)).status).toBe("READY");
    await world.database.pool.query(
      "update sluice.liveness set grace_from = clock_timestamp() - interval '61 seconds'",
    );
    await sweep(world.ctx);
    await sweep(world.ctx);
    expect((await view(silent)).status).toBe("NOT_READY");
    expect((await view(fresh)).status).toBe("READY");
    expect((await view(paused)).status).toBe("PAUSED");
    expect(await told(silent)).toEqual(["created", "ready", "not-ready"]);
  });
});

test("a queue is healthy that was polled within a minute and has no late run", async () => {
  const id = await newQueue();
  const { name } = await view(id);
  const health = async () => readQueueHealth(world.database.pool, await view(id));
  expect(await health()).toEqual({ healthy: false, lateRuns: 0, lastPolledAt: null });
  await lastPolled(id, 59);
  expect(await health()).toMatchObject({ healthy: true, lateRuns: 0 });
  await lastPolled(id, 61);
  expect((await health()).healthy).toBe(false);
  await lastPolled(id, 1);
  await world.deploy("late", 0, name);
  await world.createRuns(2, -60, "work/late");
  await world.createRuns(1, 60, "work/late");
  await sweep(world.ctx);
  expect(await health()).toMatchObject({ healthy: false, lateRuns: 2 });
});

describe("what is granted", () => {
  test("is nothing of a paused queue; resuming it and changing its limit wake the dispatcher", async () => {
    await using own = await ownWorld();
    const { world: w, agent, key } = own;
    await updateWorkQueue(w.ctx, key, { isPaused: true });
    await w.createRuns(3);
    expect(await w.claim(agent)).toEqual([]);
    const woken: string[] = [];
    const stop = w.ctx.wakeUps.on("pool", (id) => woken.push(id));
    await updateWorkQueue(w.ctx, key, { isPaused: false, concurrencyLimit: 1 });
    expect(await w.claim(agent)).toHaveLength(1);
    expect(await w.claim(agent)).toEqual([]);
    await updateWorkQueue(w.ctx, key, { concurrencyLimit: null });
    expect(await w.claim(agent)).toHaveLength(2);
    stop();
    expect(woken).toEqual([w.poolId, w.poolId]);
  });

  test("trap 20: a CANCELLING run that still runs holds its slot, of the limit as in what is shown", async () => {
    await using own = await ownWorld();
    const { world: w, agent, key } = own;
    await updateWorkQueue(w.ctx, key, { concurrencyLimit: 1 });
    const [id = ""] = await w.createRuns(2);
    await w.claimOne(agent);
    await w.database.pool.query(
      "update sluice.flow_run set state_type = 'CANCELLING', state_name = 'Cancelling' where id = $1",
      [id],
    );
    expect((await getWorkQueue(w.database.pool, key))?.slotsHeld).toBe(1);
    expect(await w.claim(agent)).toEqual([]);
  });

  test("of a deleted queue goes on, and its slots stay counted; the rest is granted no more", async () => {
    await using own = await ownWorld(2);
    const { world: w, agent } = own;
    await w.deploy("other", 0, "other");
    const [held = "", waiting = ""] = await w.createRuns(2, 0, "work/other");
    await w.claim(agent, 1);
    await deleteWorkQueue(w.ctx, { workPoolName: w.poolName, name: "other" });
    const { rows } = await w.database.pool.query<{ id: string; queue: string | null }>(
      `select r.id, q.name as queue from sluice.flow_run r
         left join sluice.work_queue q on q.id = r.work_queue_id order by r.id`,
    );
    expect(rows).toEqual([
      { id: held, queue: "default" },
      { id: waiting, queue: null },
    ]);
    expect(await w.claim(agent)).toEqual([]);
    await w.createRuns(3);
    // The pool's limit is 2, and one slot is still held.
    expect(await w.claim(agent)).toHaveLength(1);
    const { rows: deployments } = await w.database.pool.query<{ name: string }>(
      "select name from sluice.deployment where work_queue_id is null",
    );
    expect(deployments).toEqual([{ name: "other" }]);
  });
});

test("a queue with many ended runs is deleted at once for its pool, and its runs stay, in no queue", async () => {
  await using own = await ownWorld();
  const { world: w } = own;
  await w.deploy("other", 0, "other");
  for (const deployment of ["work/other", "work/main"]) {
    const [template = ""] = await w.createRuns(1, 0, deployment);
    await fillRuns(w, template, 7_000, {
      state_type: "'COMPLETED'",
      state_name: "'Completed'",
      next_start_at: "null",
    });
  }
  await deleteWorkQueue(w.ctx, { workPoolName: w.poolName, name: "other" });
  const { rows } = await w.database.pool.query<{ queue: string | null; runs: number }>(
    `select q.name as queue, count(*) as runs from sluice.flow_run r
       left join sluice.work_queue q on q.id = r.work_queue_id group by q.name order by q.name`,
  );
  expect(rows).toEqual([
    { queue: "default", runs: 7_001 },
    { queue: null, runs: 7_001 },
  ]);
});

async function ownWorld(limit?: number) {
  const own = await LeaseWorld.create(limit === undefined ? {} : { limit });
  const agent = await own.hello();
  return {
    world: own,
    agent,
    key: { workPoolName: own.poolName, name: "default" },
    [Symbol.asyncDispose]: () => own.database.drop(),
  };
}
