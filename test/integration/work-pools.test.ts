import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { listAgents } from "#server/store/agents.ts";
import { getFlowRun } from "#server/store/flow-runs.ts";
import { stopsForAgents } from "#server/store/leases.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { getWorkPool, listWorkPools, type WorkPoolView } from "#server/store/work-pools.ts";
import { ensureWorkQueue } from "#server/store/work-queues.ts";
import { createWorkPool, type CreateWorkPoolInput } from "#server/transitions/create-work-pool.ts";
import { deleteWorkPool } from "#server/transitions/delete-work-pool.ts";
import { sweep } from "#server/transitions/sweep.ts";
import { updateWorkPool } from "#server/transitions/update-work-pool.ts";
import { newId } from "#shared/ids.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { poolEvents } from "#test/support/stored-events.ts";
import { refusal } from "#test/support/refusal.ts";

let world: LeaseWorld;
beforeAll(async () => {
  world = await LeaseWorld.create();
}, 60_000);
afterAll(() => world.database.drop());

const create = (name: string, input: Partial<CreateWorkPoolInput> = {}): Promise<string> =>
  createWorkPool(world.ctx, {
    name,
    type: "process",
    description: "",
    isPaused: false,
    concurrencyLimit: null,
    ...input,
  });

async function view(name: string): Promise<WorkPoolView> {
  const pool = await getWorkPool(world.database.pool, name, world.ctx.numbers);
  if (pool === undefined) throw new Error(`no pool ${name}`);
  return pool;
}

async function queues(workPoolId: string): Promise<Record<string, number>> {
  const { rows } = await world.database.pool.query<{ name: string; priority: number }>(
    "select name, priority from sluice.work_queue where work_pool_id = $1 order by priority",
    [workPoolId],
  );
  return Object.fromEntries(rows.map(({ name, priority }) => [name, priority]));
}

const events = (id: string): Promise<string[]> => poolEvents(world.database.pool, id);

function woken(topic: "pool" | "agent"): { ids: string[]; stop: () => void } {
  const ids: string[] = [];
  return { ids, stop: world.ctx.wakeUps.on(topic, (id) => ids.push(id)) };
}

describe("creating a pool", () => {
  test("makes its queue default, takes the type's template and tells of it", async () => {
    const id = await create("fresh");
    const pool = await view("fresh");
    expect(pool).toMatchObject({
      id,
      type: "process",
      description: null,
      status: "NOT_READY",
      lostPolicy: "crash",
      lostAfterSeconds: 60,
      slotsHeld: 0,
      waitingRuns: 0,
      agentsOnline: 0,
    });
    expect(JSON.parse(pool.baseJobTemplate).job_configuration.command).toBe("{{ command }}");
    expect(await queues(id)).toEqual({ default: 1 });
    expect(await events(id)).toEqual(["created", "not-ready"]);
  });

  test("succeeds for exactly one of many that want the name at once", async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => create("wanted")));
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused).toHaveLength(7);
    for (const { reason } of refused) expect(reason).toMatchObject({ reason: "already_exists" });
  });

  test.each([
    [{ type: "nomad" }, "type: 'nomad' has no default template; use one of 'process', 'docker'"],
    [{ type: " " }, "type: it is empty"],
    [{ concurrencyLimit: -5 }, "concurrency_limit: -5 is no limit"],
    [{ lostAfterSeconds: 0 }, "lost_after_seconds: 0 is out of range"],
    [
      { lostPolicy: "reschedule", lostAfterSeconds: 44 } as const,
      "lost_after_seconds: 44 s are too few for lost_policy 'reschedule'",
    ],
    [{ baseJobTemplate: "{" }, "base_job_template_json: not JSON: line 1, column 2"],
    [{ baseJobTemplate: '{"variables": {"type": "object"}}' }, "job_configuration is missing"],
    [
      {
        baseJobTemplate:
          '{"job_configuration": {"a": "{{ x }}"}, "variables": {"properties": {"x": {"type": "integer", "default": "one"}}}}',
      },
      "base_job_template_json: default.x: must be integer",
    ],
    [
      { baseJobTemplate: '{"job_configuration": {"a": 1}, "variables": {"type": "objekt"}}' },
      "base_job_template_json.variables: not a valid JSON Schema",
    ],
  ])("is refused and leaves nothing: %#", async (input, message) => {
    expect((await refusal(create("refused", input))).message).toContain(message);
    expect(await getWorkPool(world.database.pool, "refused", world.ctx.numbers)).toBeUndefined();
  });

  test("of a type nobody knows needs a template", async () => {
    const baseJobTemplate = '{"job_configuration": {"a": 1}, "variables": {"type": "object"}}';
    await create("custom", { type: "nomad", baseJobTemplate });
    expect((await view("custom")).type).toBe("nomad");
    await create("bare", { type: "nomad", baseJobTemplate: "{}" });
    expect((await view("bare")).baseJobTemplate).toBe("{}");
  });

  test("refuses reserved names", async () => {
    expect(await refusal(create("Prefect-x"))).toMatchObject({ reason: "reserved_name" });
  });
});

describe("changing a pool", () => {
  test("changes what is given and nothing else, and wakes its dispatcher", async () => {
    const id = await create("changed", { description: "old", concurrencyLimit: 3 });
    const wakes = woken("pool");
    await updateWorkPool(world.ctx, "changed", { concurrencyLimit: 0 });
    expect(await view("changed")).toMatchObject({ description: "old", concurrencyLimit: 0 });
    await updateWorkPool(world.ctx, "changed", { concurrencyLimit: null, description: "new" });
    expect(await view("changed")).toMatchObject({ description: "new", concurrencyLimit: null });
    await updateWorkPool(world.ctx, "changed", { description: "new" });
    wakes.stop();
    expect(wakes.ids).toEqual([id, id, id]);
    expect(await events(id)).toEqual(["created", "not-ready", "updated", "updated"]);
  });

  test("tells the status when it is paused and resumed, every time", async () => {
    const id = await create("paused", { isPaused: true });
    expect((await view("paused")).status).toBe("PAUSED");
    await updateWorkPool(world.ctx, "paused", { isPaused: false });
    await updateWorkPool(world.ctx, "paused", { isPaused: false });
    await updateWorkPool(world.ctx, "paused", { isPaused: true });
    expect(await events(id)).toEqual(["created", "paused", "not-ready", "not-ready", "paused"]);
  });

  test("keeps the old template when the new one is refused", async () => {
    await create("kept");
    const before = await view("kept");
    const change = {
      baseJobTemplate: '{"job_configuration": {"a": "{{ b }}"}, "variables": {"x": 1}}',
    };
    expect((await refusal(updateWorkPool(world.ctx, "kept", change))).message).toContain(
      "uses 'b'",
    );
    expect(
      (await refusal(updateWorkPool(world.ctx, "kept", { concurrencyLimit: -1 }))).message,
    ).toContain("concurrency_limit");
    expect(await view("kept")).toEqual(before);
  });

  test("of a pool that is not there is not_found", async () => {
    expect(await refusal(updateWorkPool(world.ctx, "nope", {}))).toMatchObject({
      reason: "not_found",
    });
  });
});

test("queues are created on demand with the first free priority, once", async () => {
  const id = await create("queues");
  const ensure = (name: string) =>
    inTransaction(world.database.pool, (tx) => ensureWorkQueue(tx, id, name));
  const made = await Promise.all(["a", "b", "a", "c", "b", "a"].map(ensure));
  expect(new Set(made).size).toBe(3);
  const all = await queues(id);
  expect(Object.keys(all).toSorted()).toEqual(["a", "b", "c", "default"]);
  expect(Object.values(all).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  await world.database.pool.query(
    "delete from sluice.work_queue where work_pool_id = $1 and priority = 2",
    [id],
  );
  await ensure("d");
  expect(await queues(id)).toMatchObject({ d: 2 });
  expect((await refusal(ensure("a/b"))).message).toContain("work_queue_name");
  expect(
    await refusal(inTransaction(world.database.pool, (tx) => ensureWorkQueue(tx, newId(), "x"))),
  ).toMatchObject({ reason: "not_found" });
});

test("pools are listed by name, page after page", async () => {
  const seen: string[] = [];
  let after: string | null = null;
  for (;;) {
    const page: WorkPoolView[] = await listWorkPools(
      world.database.pool,
      { limit: 2, after },
      world.ctx.numbers,
    );
    const last = page.at(-1);
    if (last === undefined) break;
    seen.push(...page.map(({ name }) => name));
    after = last.name;
  }
  const { rows } = await world.database.pool.query<{ name: string }>(
    "select name from sluice.work_pool order by name",
  );
  expect(seen).toEqual(rows.map(({ name }) => name));
  expect(seen.length).toBeGreaterThan(2);
});

describe("status and counts", () => {
  test("follow from agents, leases and the clock", async () => {
    const other = await LeaseWorld.create();
    const { pool } = other.database;
    const read = async () => (await getWorkPool(pool, "local", world.ctx.numbers)) ?? {};
    const agents = () =>
      listAgents(pool, { workPoolName: "local", limit: 9, after: null }, world.ctx.numbers);
    const agent = await other.hello(undefined, { limit: 7 });
    await other.createRuns(3);
    await other.createRuns(1, 3600);
    expect(await read()).toMatchObject({ status: "READY", agentsOnline: 1, waitingRuns: 3 });

    await other.claim(agent, 2);
    expect(await read()).toMatchObject({ slotsHeld: 2, waitingRuns: 1 });
    expect(await agents()).toMatchObject([
      { id: agent.agentId, status: "ONLINE", limit: 7, slotsHeld: 2, workQueueNames: [] },
    ]);

    await pool.query("update sluice.flow_run set leased = false");
    await pool.query("update sluice.lease set ended_at = clock_timestamp()");
    expect(await read()).toMatchObject({ slotsHeld: 2 });

    await other.age(31);
    expect(await read()).toMatchObject({ status: "READY", agentsOnline: 0 });
    expect(await agents()).toMatchObject([{ status: "OFFLINE", slotsHeld: 0 }]);
    await sweep(other.ctx);
    expect(await read()).toMatchObject({ status: "NOT_READY", agentsOnline: 0 });

    await pool.query("update sluice.liveness set grace_from = clock_timestamp()");
    expect(await read()).toMatchObject({ agentsOnline: 1 });
    await sweep(other.ctx);
    expect(await read()).toMatchObject({ status: "READY" });

    await pool.query("update sluice.agent set is_connected = false");
    expect(await agents()).toMatchObject([{ status: "OFFLINE" }]);
    await other.database.drop();
  });

  test("list the agents seen last first, page after page", async () => {
    const other = await LeaseWorld.create();
    const { pool } = other.database;
    const queue = await other.hello(undefined, { queues: ["gpu", "default"] });
    const ids = [queue.agentId];
    for (let n = 0; n < 4; n += 1) ids.push((await other.hello()).agentId);
    const first = await listAgents(
      pool,
      { workPoolName: null, limit: 3, after: null },
      world.ctx.numbers,
    );
    const last = first.at(-1) ?? null;
    const rest = await listAgents(
      pool,
      { workPoolName: null, limit: 3, after: last },
      world.ctx.numbers,
    );
    expect([...first, ...rest].map(({ id }) => id)).toEqual(ids.toReversed());
    expect(rest.at(-1)?.workQueueNames).toEqual(["default", "gpu"]);
    await other.database.drop();
  });
});

test("deleting a pool stops what its agents hold and leaves runs and deployments without it", async () => {
  const other = await LeaseWorld.create();
  const { pool } = other.database;
  const agent = await other.hello();
  const ids = await other.createRuns(2);
  const [lease] = await other.claim(agent, 1);
  const wakes: string[] = [];
  other.ctx.wakeUps.on("agent", (id) => wakes.push(id));

  await deleteWorkPool(other.ctx, "local");

  expect(wakes).toEqual([agent.agentId]);
  expect(await stopsForAgents(pool, [agent.agentId])).toMatchObject([
    { flowRunId: lease?.flowRunId, epoch: 1, reason: "revoked" },
  ]);
  for (const id of ids) {
    const run = await getFlowRun(pool, id, world.ctx.numbers);
    expect(run).toMatchObject({
      workPoolName: null,
      workQueueName: null,
      deploymentName: "work/main",
    });
  }
  const { rows } = await pool.query(
    `select (select count(*) from sluice.work_queue) as queues, (select count(*) from sluice.agent) as agents,
            (select count(*) from sluice.lease where ended_at is null) as held,
            (select work_queue_id from sluice.deployment) as queue`,
  );
  expect(rows).toEqual([{ queues: 0, agents: 0, held: 1, queue: null }]);
  expect(await refusal(deleteWorkPool(other.ctx, "local"))).toMatchObject({ reason: "not_found" });
  await other.database.drop();
});
