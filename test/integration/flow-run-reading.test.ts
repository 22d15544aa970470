import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { listAttempts } from "#server/store/attempts.ts";
import type { Queryable, Statement } from "#server/store/database.ts";
import { listFlowRunStates } from "#server/store/flow-run-states.ts";
import {
  type FlowRunFilter,
  getFlowRun,
  getFlowRuns,
  listFlowRuns,
} from "#server/store/flow-runs.ts";
import { getWorkPool } from "#server/store/work-pools.ts";
import { acceptLeases } from "#server/transitions/accept-leases.ts";
import { newId } from "#shared/ids.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { refusal } from "#test/support/refusal.ts";

const ALL: FlowRunFilter = {
  stateTypes: [],
  stateNames: [],
  flowNames: [],
  deployment: null,
  workPoolName: null,
  tags: [],
  names: [],
  ids: null,
  limit: 200,
  before: null,
};

describe("one run", () => {
  test("shows who holds it and whether they are silent, by the clock", async () => {
    const world = await LeaseWorld.create();
    const { pool } = world.database;
    const numbers = world.ctx.numbers;
    const [id = ""] = await world.createRuns(1);
    expect(await getFlowRun(pool, id, numbers)).toMatchObject({
      id,
      flowName: "work",
      deploymentName: "work/main",
      workPoolName: "local",
      workQueueName: "default",
      kind: "command",
      stateType: "SCHEDULED",
      stateName: "Scheduled",
      epoch: 0,
      runCount: 0,
      parameters: "{}",
      jobVariables: "{}",
      tags: [],
      idempotencyKey: null,
      agentName: null,
      startAt: null,
      endAt: null,
      unreachable: false,
    });

    const agent = await world.hello();
    await world.claim(agent, 1);
    await acceptLeases(world.ctx, [{ ...agent, flowRunId: id, epoch: 1 }]);
    const held = { stateType: "PENDING", epoch: 1, agentName: agent.agentName };
    expect(await getFlowRun(pool, id, numbers)).toMatchObject({ ...held, unreachable: false });

    await world.age(29);
    expect(await getFlowRun(pool, id, numbers)).toMatchObject({ unreachable: false });
    await world.age(2);
    expect(await getFlowRun(pool, id, numbers)).toMatchObject({ ...held, unreachable: true });

    await pool.query("update sluice.liveness set grace_from = clock_timestamp()");
    expect(await getFlowRun(pool, id, numbers)).toMatchObject({ unreachable: false });

    await world.age(60);
    await pool.query("update sluice.lease set ended_at = clock_timestamp()");
    expect(await getFlowRun(pool, id, numbers)).toMatchObject({ ...held, unreachable: false });

    expect((await listFlowRunStates(pool, id)).map(({ type }) => type)).toEqual([
      "SCHEDULED",
      "PENDING",
    ]);
    const [attempt, ...others] = await listAttempts(pool, id);
    expect(others).toEqual([]);
    expect(attempt).toMatchObject({ epoch: 1, attempt: 1, agentId: agent.agentId, exitCode: null });
    expect(attempt?.acceptedAt).not.toBeNull();
    expect(attempt?.startGrantedAt).toBeNull();
    await world.database.drop();
  });

  test("that is not there is not there, and has no states and no attempts", async () => {
    const world = await LeaseWorld.create();
    const { pool } = world.database;
    expect(await getFlowRun(pool, newId(), world.ctx.numbers)).toBeUndefined();
    expect(await listFlowRunStates(pool, newId())).toEqual([]);
    expect(await listAttempts(pool, newId())).toEqual([]);
    await world.database.drop();
  });
});

describe("many runs", () => {
  let world: LeaseWorld;
  let mine: string[];

  /** 20,000 ended runs of another flow, and a few of `work`. */
  beforeAll(async () => {
    world = await LeaseWorld.create();
    await world.deploy("other");
    mine = [...(await world.createRuns(4)), ...(await world.createRuns(2, 0, "work/other"))];
    await world.database.pool.query(`
      with old as (
        insert into sluice.flow (id, name) values (gen_random_uuid(), 'old') returning id
      ), run as (
        insert into sluice.flow_run (id, name, flow_id, work_pool_id, work_queue_id, kind, state_id,
                                     state_type, state_name, state_at, deployment_id)
        select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'old ' || n, old.id,
               q.work_pool_id, q.id, 'command', gen_random_uuid(), 'COMPLETED', 'Completed',
               clock_timestamp(), ('00000000-0000-7000-8000-' || lpad(to_hex(n % 50), 12, '0'))::uuid
          from old, sluice.work_queue q, generate_series(1, 20000) as n
        returning id
      )
      insert into sluice.flow_run_payload (flow_run_id, parameters, tags)
      select id, '{}', case when id::text like '%00' then array['round', 'hex'] else '{}' end from run`);
    await world.database.pool.query("vacuum analyze");
    const agent = await world.hello();
    await world.claim(agent, 1);
  }, 60_000);
  afterAll(() => world.database.drop());

  const list = async (filter: Partial<FlowRunFilter>): Promise<string[]> => {
    const runs = await listFlowRuns(world.database.pool, { ...ALL, ...filter }, world.ctx.numbers);
    return runs.map(({ id }) => id);
  };
  const newestFirst = (ids: readonly string[]): string[] => ids.toSorted().toReversed();

  test("are read in the order asked for, without those that are not there", async () => {
    const wanted = [mine[2] ?? "", newId(), mine[0] ?? "", mine[5] ?? ""];
    const runs = await getFlowRuns(world.database.pool, wanted, world.ctx.numbers);
    expect(runs.map(({ id }) => id)).toEqual([wanted[0], wanted[2], wanted[3]].map(String));
  });

  test("are listed newest first, page after page, each once", async () => {
    const seen: string[] = [];
    let before: string | null = null;
    while (seen.length < 20_006) {
      const page: string[] = await list({ before, limit: 4000 });
      if (page.length === 0) break;
      seen.push(...page);
      before = page.at(-1) ?? null;
    }
    expect(seen).toHaveLength(20_006);
    expect(new Set(seen).size).toBe(20_006);
    expect(seen.slice(0, 6)).toEqual(newestFirst(mine));
  }, 60_000);

  test("are found by flow, deployment, pool, state, name and tags, joined by and", async () => {
    expect(await list({ flowNames: ["work"] })).toEqual(newestFirst(mine));
    expect(await list({ flowNames: ["work", "old"], limit: 8 })).toHaveLength(8);
    expect(await list({ flowNames: ["none"] })).toEqual([]);
    expect(await list({ deployment: "work/other" })).toEqual(newestFirst(mine.slice(4)));
    expect(await list({ deployment: "work/other", flowNames: ["old"] })).toEqual([]);
    expect(await list({ deployment: newId() })).toEqual([]);
    expect(await list({ stateTypes: ["PENDING", "RUNNING"] })).toEqual([mine[0] ?? ""]);
    expect(await list({ stateTypes: ["SCHEDULED", "PENDING"] })).toEqual(newestFirst(mine));
    expect(await list({ stateNames: ["Pending"], flowNames: ["work"] })).toEqual([mine[0] ?? ""]);
    expect(await list({ stateTypes: ["COMPLETED"], flowNames: ["work"] })).toEqual([]);
    expect(await list({ workPoolName: "local", stateTypes: ["PENDING"] })).toHaveLength(1);
    expect(await list({ workPoolName: "elsewhere" })).toEqual([]);
    expect(await list({ tags: ["round", "hex"], limit: 9 })).toHaveLength(9);
    expect(await list({ tags: ["round", "other"] })).toEqual([]);
    expect(await list({ names: ["old 7", "old 9"] })).toEqual([
      "00000000-0000-7000-8000-000000000009",
      "00000000-0000-7000-8000-000000000007",
    ]);
    expect(await list({ names: ["old 7"], flowNames: ["work"] })).toEqual([]);
    const ids = { from: mine[1] ?? "", to: mine[3] ?? "" };
    expect(await list({ ids })).toEqual(newestFirst(mine.slice(1, 4)));
    for (const filter of [{ flowNames: ["work"] }, { deployment: "work/main" }]) {
      expect(await list({ ids, ...filter })).toEqual(newestFirst(mine.slice(1, 4)));
    }
    expect(await list({ ids, stateTypes: ["PENDING"] })).toEqual([]);
    const [first = "", second = ""] = newestFirst(mine);
    expect(await list({ flowNames: ["work"], before: first, limit: 1 })).toEqual([second]);
  });

  test("of a deployment that is not there are an error and not an empty page", async () => {
    expect(await refusal(list({ deployment: "work/none" }))).toMatchObject({ reason: "not_found" });
    expect((await refusal(list({ deployment: "none" }))).message).toContain(
      "deployment: 'none' is neither an id nor of the form FLOW/DEPLOYMENT",
    );
  });

  /** The plans, with the values it was sent with and for any values, of what `body` sends. */
  async function plansOf(body: (db: Queryable) => Promise<unknown>): Promise<[string, string][]> {
    const sent: Statement[] = [];
    await body({
      query: (statement) => {
        sent.push(statement);
        return world.database.pool.query(statement);
      },
    });
    const client = await world.database.pool.connect();
    const plans: [string, string][] = [];
    try {
      for (const mode of ["force_custom_plan", "force_generic_plan"]) {
        await client.query(`set plan_cache_mode = ${mode}`);
        for (const { name, text, values } of sent) {
          const { rows } = await client.query<{ "QUERY PLAN": string }>({
            name: `${mode}-${name}`,
            text: `explain (costs off) ${text}`,
            values,
          });
          plans.push([`${name} (${mode})`, rows.map((row) => row["QUERY PLAN"]).join("\n")]);
        }
      }
    } finally {
      client.release(true);
    }
    return plans;
  }

  test.each([
    ["the newest", {}, "flow_run_pkey"],
    ["the next page", { before: newId() }, "flow_run_pkey"],
    ["those of some ids", { ids: { from: newId(), to: newId() } }, "flow_run_pkey"],
    ["those in hand", { stateTypes: ["RUNNING"] as const }, "flow_run_active"],
    ["a flow's", { flowNames: ["work"] }, "flow_run_by_flow"],
    ["a deployment's", { deployment: newId() }, "flow_run_by_deployment"],
  ])("are found by an index, and none is looked at in vain: %s", async (_, filter, index) => {
    const plans = await plansOf((db) =>
      listFlowRuns(db, { ...ALL, limit: 10, ...filter }, world.ctx.numbers),
    );
    expect(plans.length).toBeGreaterThanOrEqual(2);
    for (const [name, plan] of plans) {
      expect(`${name}\n${plan}`).not.toContain("Seq Scan on flow_run ");
      expect(`${name}\n${plan}`).not.toContain("Seq Scan on flow_run_payload");
      const wanted = name.startsWith("flow-run-read") ? "flow_run_pkey" : index;
      expect(`${name}\n${plan}`).toContain(wanted);
    }
  });

  test("are counted for a pool without looking at those that ended", async () => {
    const plans = await plansOf((db) => getWorkPool(db, "local", world.ctx.numbers));
    for (const [, plan] of plans) {
      expect(plan).toContain("flow_run_ready");
      expect(plan).toContain("flow_run_unleased");
      expect(plan).not.toContain("Seq Scan on flow_run ");
    }
  });
});
