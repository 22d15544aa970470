import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { RestPool } from "#test/support/rest-pool.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
let flowId: string;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
  await RestPool.create(server, rest, "runs");
  flowId = String(at((await rest.get("/flows/name/work")).body, "id"));
});

afterAll(() => server[Symbol.asyncDispose]());

const adhoc = async (fields: object = {}): Promise<Record<string, unknown>> => {
  const { body } = await rest.post("/flow_runs/", { flow_id: flowId, ...fields });
  return Object(body);
};

async function found(path: string, body: object): Promise<unknown[]> {
  const answer = await rest.post(path, body);
  if (!Array.isArray(answer.body)) throw new Error(JSON.stringify(answer));
  return answer.body.map((one) => at(one, "id"));
}

const runs = (flow_runs: object, rest: object = {}): Promise<unknown[]> =>
  found("/flow_runs/filter", { flow_runs, ...rest });

describe("lists of runs", () => {
  test("are filtered by state, name, tag, deployment, pool, flow and time, and by several at once", async () => {
    const other = await RestPool.create(server, rest, "filtered");
    const [a, b, c] = [
      await other.createRun(),
      await other.createRun("", 3_600),
      await other.createRun(),
    ];
    await rest.patch(`/flow_runs/${a}`, { name: "Alpha 100%", tags: ["x", "y"] });
    await rest.patch(`/flow_runs/${b}`, { name: "beta", tags: ["y"] });
    await other.propose(c, "PENDING", { name: "Submitting" });
    const here = { work_pools: { name: { any_: ["filtered"] } } };
    const mine = (filter: object): Promise<unknown[]> => runs(filter, here);
    expect(await mine({})).toEqual([c, b, a]);
    expect(await mine({ state: { type: { any_: ["SCHEDULED"] } } })).toEqual([b, a]);
    expect(await mine({ state: { type: { not_any_: ["SCHEDULED"] } } })).toEqual([c]);
    expect(await mine({ state: { name: { any_: ["Submitting"] } } })).toEqual([c]);
    expect(await mine({ name: { like_: "alpha 100%" } })).toEqual([a]);
    expect(await mine({ name: { like_: "alpha_" } })).toEqual([]);
    expect(await mine({ name: { any_: ["beta"] } })).toEqual([b]);
    expect(await mine({ tags: { all_: ["x", "y"] } })).toEqual([a]);
    expect(await mine({ tags: { any_: ["x", "y"] } })).toEqual([b, a]);
    expect(await mine({ tags: { is_null_: true } })).toEqual([c]);
    const soon = new Date(Date.now() + 60_000).toISOString();
    expect(await mine({ expected_start_time: { after_: soon } })).toEqual([b]);
    expect(await mine({ next_scheduled_start_time: { before_: soon } })).toEqual([a]);
    expect(await mine({ id: { any_: [a, c] }, name: { like_: "a" } })).toContain(a);
    const either = { operator: "or_", id: { any_: [c] }, name: { any_: ["beta"] } };
    expect(await mine(either)).toEqual([c, b]);
    expect(await mine({ start_time: { is_null_: false } })).toEqual([]);
    expect(await mine({ work_queue_name: { any_: ["default"] } })).toHaveLength(3);
    expect(await runs({}, { deployments: { name: { any_: ["filtered"] } } })).toEqual([c, b, a]);
    expect(await runs({}, { deployments: { name: { any_: ["absent"] } } })).toEqual([]);
    expect(await runs({ id: { any_: [a] } }, { flows: { name: { any_: ["work"] } } })).toEqual([a]);
    expect(await runs({ id: { any_: [a] } }, { flows: { name: { any_: ["x"] } } })).toEqual([]);
    expect(await mine({ parent_task_run_id: { is_null_: true } })).toHaveLength(3);
    expect(await runs({}, { ...here, task_runs: { name: { any_: ["t"] } } })).toEqual([]);
    const count = await rest.post("/flow_runs/count", here);
    expect(count.body).toBe(3);
  });

  test("of a parent's task run find its subflow, whatever else there is", async () => {
    const parent_task_run_id = randomUUID();
    const { id } = await adhoc({ parent_task_run_id });
    const page = { sort: "EXPECTED_START_TIME_DESC", limit: 1 };
    expect(await runs({ parent_task_run_id: { any_: [parent_task_run_id] } }, page)).toEqual([id]);
    expect(await runs({ parent_task_run_id: { any_: [randomUUID()] } }, page)).toEqual([]);
  });

  test("come in every order that there is, page by page", async () => {
    const sorted = await RestPool.create(server, rest, "sorted");
    const [late, early, middle] = [
      await sorted.createRun("", 300),
      await sorted.createRun("", 100),
      await sorted.createRun("", 200),
    ];
    const names = { [late]: "b", [early]: "c", [middle]: "a" };
    for (const [id, name] of Object.entries(names)) await rest.patch(`/flow_runs/${id}`, { name });
    const work_pools = { name: { any_: ["sorted"] } };
    const by = (sort: string, page: object = {}): Promise<unknown[]> =>
      runs({}, { work_pools, sort, ...page });
    expect(await by("ID_DESC")).toEqual([middle, early, late]);
    expect(await by("NAME_ASC")).toEqual([middle, late, early]);
    expect(await by("NAME_DESC")).toEqual([early, late, middle]);
    expect(await by("EXPECTED_START_TIME_ASC")).toEqual([early, middle, late]);
    expect(await by("EXPECTED_START_TIME_DESC")).toEqual([late, middle, early]);
    expect(await by("NEXT_SCHEDULED_START_TIME_ASC")).toEqual([early, middle, late]);
    expect(await by("START_TIME_ASC")).toEqual([early, middle, late]);
    expect(await by("START_TIME_DESC")).toEqual([late, middle, early]);
    expect(await by("END_TIME_DESC")).toHaveLength(3);
    expect(await by("NAME_ASC", { limit: 1, offset: 1 })).toEqual([late]);
    expect((await rest.post("/flow_runs/filter", { sort: "SIZE" })).status).toBe(422);
    expect((await rest.post("/flow_runs/filter", { limit: 201 })).status).toBe(422);
  });
});

describe("flows and deployments", () => {
  test("a flow is made once, and found by id, by name and in lists", async () => {
    const create = (): Promise<{ status: number; body: unknown }> =>
      rest.post("/flows/", { name: "made once", tags: ["t"], labels: { a: 1 } });
    const [first, again] = [await create(), await create()];
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    const id = at(first.body, "id");
    expect((await rest.get(`/flows/${String(id)}`)).body).toEqual(first.body);
    expect((await rest.get("/flows/name/made%20once")).body).toEqual(first.body);
    expect(await found("/flows/filter", { flows: { name: { like_: "MADE" } } })).toEqual([id]);
    const without = { flows: { id: { any_: [id, flowId] }, deployment: { is_null_: true } } };
    expect(await found("/flows/filter", without)).toEqual([id]);
    const inPool = { work_pools: { name: { any_: ["runs"] } } };
    expect(await found("/flows/filter", inPool)).toEqual([flowId]);
    expect((await rest.get(`/flows/${randomUUID()}`)).status).toBe(404);
    expect((await rest.get("/flows/name/absent")).status).toBe(404);
    expect((await rest.post("/flows/", { name: "a/b" })).status).toBe(422);
  });

  test("a deployment is read by id and by its names, and found in lists", async () => {
    const { body } = await rest.get("/deployments/name/work/runs");
    expect(body).toMatchObject({
      name: "runs",
      flow_id: flowId,
      work_pool_name: "runs",
      work_queue_name: "default",
      entrypoint: "flow.py:work",
      paused: false,
      schedules: [],
    });
    const id = at(body, "id");
    expect((await rest.get(`/deployments/${String(id)}`)).body).toEqual(body);
    const find = (filter: object): Promise<unknown[]> => found("/deployments/filter", filter);
    expect(await find({ deployments: { name: { any_: ["runs"] } } })).toEqual([id]);
    expect(await find({ work_pools: { name: { any_: ["runs"] } }, limit: 1 })).toHaveLength(1);
    expect(await find({ deployments: { flow_or_deployment_name: { like_: "RUN" } } })).toEqual([
      id,
    ]);
    expect(await find({ flows: { name: { any_: ["absent"] } } })).toEqual([]);
    expect(await find({ deployments: { paused: { eq_: true } } })).toEqual([]);
    expect((await rest.get(`/deployments/${randomUUID()}`)).status).toBe(404);
    expect((await rest.get("/deployments/name/work/absent")).status).toBe(404);
  });
});
