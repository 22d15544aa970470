import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { locateWorkQueue } from "#server/store/work-queues.ts";
import { EVERY_QUEUE, findWorkQueues, getWorkQueue } from "#server/store/work-queue-views.ts";
import { createWorkPool } from "#server/transitions/create-work-pool.ts";
import {
  createWorkQueue,
  type CreateWorkQueueInput,
} from "#server/transitions/create-work-queue.ts";
import { deleteWorkQueue } from "#server/transitions/delete-work-queue.ts";
import { prioritizeWorkQueues } from "#server/transitions/prioritize-work-queues.ts";
import { updateWorkQueue } from "#server/transitions/update-work-queue.ts";
import { newId } from "#shared/ids.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { refusal } from "#test/support/refusal.ts";
import { eventsOf } from "#test/support/stored-events.ts";

let world: LeaseWorld;
beforeAll(async () => {
  world = await LeaseWorld.create();
}, 60_000);
afterAll(() => world.database.drop());

async function newPool(): Promise<string> {
  const name = `pool-${newId()}`;
  const input = { name, type: "process", description: "", isPaused: false, concurrencyLimit: null };
  await createWorkPool(world.ctx, input);
  return name;
}

function create(
  workPoolName: string,
  name: string,
  input: Partial<CreateWorkQueueInput> = {},
): Promise<string> {
  return createWorkQueue(world.ctx, {
    workPoolName,
    name,
    description: "",
    isPaused: false,
    concurrencyLimit: null,
    priority: null,
    ...input,
  });
}

/** The pool's queues with their places, the first first. */
async function places(workPoolName: string): Promise<[string, number][]> {
  const page = { order: "priority", limit: 100 } as const;
  const found = await findWorkQueues(world.database.pool, { ...EVERY_QUEUE, workPoolName }, page);
  return found.map(({ name, priority }) => [name, priority]);
}

async function idOf(workPoolName: string, name: string): Promise<string> {
  const found = await locateWorkQueue(world.database.pool, { workPoolName, name });
  if (found === undefined) throw new Error(`no queue ${name}`);
  return found.id;
}

/** The last words of what was told of a queue. */
async function told(id: string): Promise<string[]> {
  const events = await eventsOf(world.database.pool, id);
  return events.map(({ event }) => event.replace("prefect.work-queue.", ""));
}

describe("creating a queue", () => {
  test("takes the first free priority, starts NOT_READY and tells of it with its pool", async () => {
    const pool = await newPool();
    const id = await create(pool, "fresh", { description: "for people", concurrencyLimit: 0 });
    expect(await getWorkQueue(world.database.pool, { id })).toMatchObject({
      name: "fresh",
      description: "for people",
      priority: 2,
      concurrencyLimit: 0,
      isPaused: false,
      isDefault: false,
      status: "NOT_READY",
      lastPolledAt: null,
      workPoolName: pool,
      slotsHeld: 0,
      waitingRuns: 0,
    });
    const [event, ...others] = await eventsOf(world.database.pool, id);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      event: "prefect.work-queue.created",
      resource: { "prefect.resource.name": "fresh" },
      related: [
        {
          "prefect.resource.role": "work-pool",
          "prefect.resource.name": pool,
          "prefect.work-pool.type": "process",
        },
      ],
      payload: {},
    });
  });

  test("succeeds for one of many that want a name, and each of many gets a place of its own", async () => {
    const pool = await newPool();
    const same = await Promise.allSettled(Array.from({ length: 6 }, () => create(pool, "wanted")));
    const refused = same.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(5);
    for (const { reason } of refused as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ reason: "already_exists" });
    }
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        create(pool, `q${n}`, n % 3 === 0 ? { priority: 1 + (n % 4) } : {}),
      ),
    );
    const taken = (await places(pool)).map(([, priority]) => priority);
    expect(taken).toHaveLength(14);
    expect(new Set(taken).size).toBe(14);
  });

  test.each([
    ["a/b", {}, "name: 'a/b' contains '/'"],
    [" ' ", {}, "name: ' ' ' is empty"],
    ["limit", { concurrencyLimit: -1 }, "concurrency_limit: -1 is no limit"],
    ["first", { priority: 0 }, "priority: 0 is no priority"],
  ])("is refused and leaves nothing: '%s'", async (name, input, message) => {
    const pool = await newPool();
    expect((await refusal(create(pool, name, input))).message).toContain(message);
    expect(await places(pool)).toEqual([["default", 1]]);
  });

  test("in a pool that is not there is not_found", async () => {
    expect(await refusal(create("nowhere", "q"))).toMatchObject({ reason: "not_found" });
  });

  test("that would push another one off the end is refused, and nothing moves", async () => {
    const pool = await newPool();
    await create(pool, "last", { priority: 2_147_483_647 });
    const refused = await refusal(create(pool, "later", { priority: 2_147_483_647 }));
    expect(refused.message).toContain("2147483648 is no priority");
    expect((await places(pool)).map(([name]) => name)).toEqual(["default", "last"]);
  });
});

test("trap 13: a deleted queue leaves a gap, which the next one fills", async () => {
  const pool = await newPool();
  for (const name of ["A", "B", "C"]) await create(pool, name);
  await deleteWorkQueue(world.ctx, { workPoolName: pool, name: "B" });
  expect(await places(pool)).toEqual([
    ["default", 1],
    ["A", 2],
    ["C", 4],
  ]);
  await create(pool, "D");
  expect(await places(pool)).toEqual([
    ["default", 1],
    ["A", 2],
    ["D", 3],
    ["C", 4],
  ]);
});

describe("trap 14: a priority that is taken", () => {
  test("goes to the new queue, and only who collides moves and tells of it", async () => {
    const pool = await newPool();
    await create(pool, "far", { priority: 7 });
    await create(pool, "Z", { priority: 1 });
    expect(await places(pool)).toEqual([
      ["Z", 1],
      ["default", 2],
      ["far", 7],
    ]);
    const moved = await eventsOf(world.database.pool, await idOf(pool, "default"));
    expect(moved.at(-1)).toMatchObject({
      event: "prefect.work-queue.updated",
      payload: { updated_fields: ["priority"], updates: { priority: { from: 1, to: 2 } } },
    });
    expect(await told(await idOf(pool, "far"))).toEqual(["created"]);
    expect(await told(await idOf(pool, "Z"))).toEqual(["created"]);
  });

  test("is given to one queue only when several are moved at once; strangers are ignored", async () => {
    const pool = await newPool();
    const a = await create(pool, "A");
    const b = await create(pool, "B");
    const same = [a, b].map((id) => ({ id, priority: 1 }));
    const refused = await refusal(prioritizeWorkQueues(world.ctx, pool, same));
    expect(refused.message).toBe(
      "priorities: priority 1 is given to two queues; each queue has a priority of its own",
    );
    const twice = [1, 2].map((priority) => ({ id: a, priority }));
    expect((await refusal(prioritizeWorkQueues(world.ctx, pool, twice))).message).toContain(
      "is named twice",
    );
    await prioritizeWorkQueues(world.ctx, pool, [
      { id: b, priority: 1 },
      { id: newId(), priority: 2 },
      { id: a, priority: 5 },
    ]);
    expect(await places(pool)).toEqual([
      ["B", 1],
      ["default", 2],
      ["A", 5],
    ]);
    expect(await told(b)).toEqual(["created", "updated"]);
  });
});

describe("trap 15: a pool's default queue", () => {
  test("is not deleted, and nothing is told of it", async () => {
    const pool = await newPool();
    const id = await idOf(pool, "default");
    const refused = await refusal(deleteWorkQueue(world.ctx, { id }));
    expect(refused).toMatchObject({ reason: "default_queue" });
    expect(refused.message).toContain(`is the default queue of work pool '${pool}'`);
    expect(await told(id)).toEqual(["created"]);
  });

  test("may be renamed, paused, limited and moved", async () => {
    const pool = await newPool();
    const id = await idOf(pool, "default");
    await updateWorkQueue(
      world.ctx,
      { id },
      { name: "main", isPaused: true, concurrencyLimit: 3, priority: 4 },
    );
    expect(await getWorkQueue(world.database.pool, { id })).toMatchObject({
      name: "main",
      isPaused: true,
      status: "PAUSED",
      concurrencyLimit: 3,
      priority: 4,
      isDefault: true,
    });
  });
});

describe("changing a queue", () => {
  test("tells what is different, from what to what, and nothing if nothing is", async () => {
    const pool = await newPool();
    const id = await create(pool, "before", { concurrencyLimit: 2 });
    const change = { name: "after", description: "new", concurrencyLimit: null };
    await updateWorkQueue(world.ctx, { id }, change);
    await updateWorkQueue(world.ctx, { id }, change);
    const events = await eventsOf(world.database.pool, id);
    expect(events.map(({ payload }) => payload)).toEqual([
      {},
      {
        updated_fields: ["name", "description", "concurrency_limit"],
        updates: {
          name: { from: "before", to: "after" },
          description: { from: "", to: "new" },
          concurrency_limit: { from: 2, to: null },
        },
      },
    ]);
  });

  test("keeps everything if one part of it is refused", async () => {
    const pool = await newPool();
    const id = await create(pool, "one");
    await create(pool, "two");
    const before: object | undefined = await getWorkQueue(world.database.pool, { id });
    const taken = await refusal(updateWorkQueue(world.ctx, { id }, { name: "two", priority: 1 }));
    expect(taken).toMatchObject({ reason: "already_exists" });
    const bad = await refusal(updateWorkQueue(world.ctx, { id }, { name: "a%b", priority: 1 }));
    expect(bad.message).toContain("name: 'a%b' contains '%'");
    const after: object | undefined = await getWorkQueue(world.database.pool, { id });
    expect({ ...after, now: 0 }).toEqual({ ...before, now: 0 });
  });

  test("of one that is not there is not_found, by its id as by its name", async () => {
    const pool = await newPool();
    for (const key of [{ id: newId() }, { workPoolName: pool, name: "nope" }]) {
      expect(await refusal(updateWorkQueue(world.ctx, key, {}))).toMatchObject({
        reason: "not_found",
      });
      expect(await refusal(deleteWorkQueue(world.ctx, key))).toMatchObject({
        reason: "not_found",
      });
    }
  });

  test("many at once leaves each in a place of its own", async () => {
    const pool = await newPool();
    const ids: string[] = [];
    for (let n = 0; n < 6; n += 1) ids.push(await create(pool, `q${n}`));
    await Promise.all(
      ids.map((id, n) => updateWorkQueue(world.ctx, { id }, { priority: 1 + (n % 2) })),
    );
    const taken = (await places(pool)).map(([, priority]) => priority);
    expect(new Set(taken).size).toBe(7);
  });
});
