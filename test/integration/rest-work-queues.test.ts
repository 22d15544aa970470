import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "#shared/ids.ts";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

let server: TestServer;
let rest: RestClient;
let pool = "";

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
});

afterAll(() => server[Symbol.asyncDispose]());

beforeEach(async () => {
  pool = `pool-${newId()}`;
  expect((await rest.post("/work_pools/", { name: pool, type: "process" })).status).toBe(201);
});

/** Creates a queue in the pool of the test; answers its id. */
async function create(name: string, fields: object = {}): Promise<string> {
  const { status, body } = await rest.post(`/work_pools/${pool}/queues`, { name, ...fields });
  expect(status).toBe(201);
  return String(at(body, "id"));
}

const names = (body: unknown): unknown[] =>
  (Array.isArray(body) ? body : []).map((queue) => at(queue, "name"));

describe("creating a queue in a pool", () => {
  test("answers 201 with the queue as Prefect's client reads it", async () => {
    const { status, body } = await rest.post(`/work_pools/${pool}/queues`, {
      name: "fresh",
      description: null,
      is_paused: false,
      concurrency_limit: null,
      priority: null,
      filter: null,
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(UUID),
      created: expect.stringMatching(TIME),
      updated: expect.stringMatching(TIME),
      name: "fresh",
      description: "",
      is_paused: false,
      concurrency_limit: null,
      priority: 2,
      work_pool_id: expect.stringMatching(UUID),
      work_pool_name: pool,
      filter: null,
      last_polled: null,
      status: "NOT_READY",
      active_slots: 0,
    });
    const read = await rest.get(`/work_pools/${pool}/queues/fresh`);
    expect(read.body).toEqual({ ...Object(body), active_slots: null });
    expect((await rest.get(`/work_queues/${String(at(body, "id"))}`)).body).toEqual(read.body);
  });

  test("answers in both forms of a trailing slash, under the pool's encoded name", async () => {
    const name = `two words ü ${newId()}`;
    await rest.post("/work_pools/", { name });
    const path = `/work_pools/${encodeURIComponent(name)}/queues`;
    expect((await rest.post(`${path}/`, { name: "a b" })).status).toBe(201);
    expect((await rest.get(`${path}/${encodeURIComponent("a b")}`)).status).toBe(200);
  });

  test("is 409 for a taken name, 422 for a bad one, 404 without the pool", async () => {
    const taken = await rest.post(`/work_pools/${pool}/queues`, { name: "default" });
    expect(taken.status).toBe(409);
    expect(at(taken.body, "detail")).toContain("'default'");
    for (const body of [
      { name: "a/b" },
      { name: " ' " },
      { name: "q", priority: 0 },
      { name: "q", concurrency_limit: -1 },
      { name: "q", colour: "red" },
      {},
    ]) {
      expect((await rest.post(`/work_pools/${pool}/queues`, body)).status).toBe(422);
    }
    const missing = await rest.post("/work_pools/nowhere/queues", { name: "q" });
    expect(missing.status).toBe(404);
    expect(at(missing.body, "detail")).toContain("'nowhere'");
  });

  test("trap 14: with a taken priority moves who has it down", async () => {
    await create("first", { priority: 1 });
    const { body } = await rest.post(`/work_pools/${pool}/queues/filter`, {});
    expect(names(body)).toEqual(["first", "default"]);
    expect(at(body, 1, "priority")).toBe(2);
  });

  test("trap 16: paused leaves it NOT_READY", async () => {
    const id = await create("paused", { is_paused: true });
    const { body } = await rest.get(`/work_queues/${id}`);
    expect(body).toMatchObject({ is_paused: true, status: "NOT_READY" });
  });
});

describe("reading a queue", () => {
  test("that is not there is 404, with its name", async () => {
    const missing = await rest.get(`/work_pools/${pool}/queues/nope`);
    expect(missing.status).toBe(404);
    expect(at(missing.body, "detail")).toContain(`no work queue 'nope' in work pool '${pool}'`);
    const nowhere = await rest.get("/work_pools/nowhere/queues/nope");
    expect(at(nowhere.body, "detail")).toContain("no work pool 'nowhere'");
    expect((await rest.get(`/work_queues/${newId()}`)).status).toBe(404);
    expect((await rest.get("/work_queues/no-uuid")).body).toEqual({ detail: "Not Found" });
  });

  test("by a name that cannot be stored is refused, and nothing breaks", async () => {
    for (const path of [`/work_pools/${pool}/queues/a%00b`, "/work_queues/name/a%00b"]) {
      expect((await rest.get(path)).status).toBe(422);
    }
    expect((await rest.delete(`/work_pools/${pool}/queues/a%00b`)).status).toBe(422);
    expect((await rest.patch(`/work_pools/${pool}/queues/a%00b`, {})).status).toBe(422);
  });
});

test("trap 18: a name of another pool's queue is 404 here, and asking creates nothing", async () => {
  const other = `${pool}-other`;
  await rest.post("/work_pools/", { name: other });
  await create("only-here");
  for (const _ of ["once", "twice"]) {
    expect((await rest.get(`/work_pools/${other}/queues/only-here`)).status).toBe(404);
    expect((await rest.delete(`/work_pools/${other}/queues/only-here`)).status).toBe(404);
  }
  expect(names((await rest.post(`/work_pools/${other}/queues/filter`)).body)).toEqual(["default"]);
});

describe("changing a queue", () => {
  test("by its name answers 204 and changes what is given", async () => {
    const id = await create("before", { description: "kept", concurrency_limit: 2 });
    const path = `/work_pools/${pool}/queues`;
    const changed = await rest.patch(`${path}/before`, { name: "after", priority: 1 });
    expect(changed).toMatchObject({ status: 204, body: undefined });
    expect((await rest.get(`/work_queues/${id}`)).body).toMatchObject({
      name: "after",
      description: "kept",
      concurrency_limit: 2,
      priority: 1,
      active_slots: 0,
    });
    expect((await rest.get(`${path}/before`)).status).toBe(404);
    expect((await rest.patch(`${path}/before`, { priority: 1 })).status).toBe(404);
    expect((await rest.patch("/work_pools/nowhere/queues/a", {})).status).toBe(404);
  });

  test("by its id answers 204; null removes a limit and empties a description", async () => {
    const id = await create("limited", { description: "gone", concurrency_limit: 2 });
    const nulls = { concurrency_limit: null, description: null, name: null, priority: null };
    expect((await rest.patch(`/work_queues/${id}`, nulls)).status).toBe(204);
    expect((await rest.get(`/work_queues/${id}`)).body).toMatchObject({
      name: "limited",
      description: "",
      concurrency_limit: null,
      priority: 2,
      active_slots: null,
    });
    expect((await rest.patch(`/work_queues/${newId()}`, nulls)).status).toBe(404);
  });

  test("trap 15: works for the default queue; a taken or bad name is refused", async () => {
    await create("other");
    const path = `/work_pools/${pool}/queues/default`;
    expect((await rest.patch(path, { name: "other" })).status).toBe(409);
    expect((await rest.patch(path, { name: "a/b" })).status).toBe(422);
    expect((await rest.patch(path, { is_paused: null })).status).toBe(422);
    expect((await rest.patch(path, { is_paused: true, priority: 9 })).status).toBe(204);
    expect((await rest.get(path)).body).toMatchObject({ status: "PAUSED", priority: 9 });
  });

  test("trap 17: resumes it READY if it was polled lately", async () => {
    const id = await create("resumed");
    const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
    for (const [last_polled, status] of [
      [ago(30_000), "READY"],
      [ago(120_000), "NOT_READY"],
      [null, "NOT_READY"],
    ]) {
      await rest.patch(`/work_queues/${id}`, { is_paused: true, last_polled });
      await rest.patch(`/work_queues/${id}`, { is_paused: false });
      expect((await rest.get(`/work_queues/${id}`)).body).toMatchObject({ status });
    }
  });
});

describe("deleting a queue", () => {
  test("answers 204 once, then 404, by name as by id", async () => {
    const id = await create("by-id");
    await create("by-name");
    const paths = [`/work_queues/${id}`, `/work_pools/${pool}/queues/by-name`];
    for (const path of paths) {
      expect(await rest.delete(path)).toMatchObject({ status: 204, body: undefined });
      expect((await rest.get(path)).status).toBe(404);
      expect((await rest.delete(path)).status).toBe(404);
    }
    expect((await rest.delete("/work_pools/nowhere/queues/default")).status).toBe(404);
  });

  test("trap 15: of the default one is 409 on both ways, and says why", async () => {
    const { body } = await rest.get(`/work_pools/${pool}/queues/default`);
    for (const path of [
      `/work_pools/${pool}/queues/default`,
      `/work_queues/${String(at(body, "id"))}`,
    ]) {
      const refused = await rest.delete(path);
      expect(refused.status).toBe(409);
      expect(at(refused.body, "detail")).toContain("is the default queue of work pool");
      expect(at(refused.body, "reason")).toBe("DEFAULT_QUEUE");
    }
    expect((await rest.get(`/work_pools/${pool}/queues/default`)).status).toBe(200);
  });
});

describe("lists of queues", () => {
  test("of a pool come by priority, filtered by id, name and its beginning", async () => {
    const a = await create("Apple", { priority: 5 });
    await create("apricot", { priority: 3 });
    await create("banana", { priority: 4 });
    const find = async (work_queues: unknown, page: object = {}): Promise<unknown[]> =>
      names((await rest.post(`/work_pools/${pool}/queues/filter`, { work_queues, ...page })).body);
    expect(await find(null)).toEqual(["default", "apricot", "banana", "Apple"]);
    expect(await find(null, { limit: 2, offset: 1 })).toEqual(["apricot", "banana"]);
    expect(await find({ name: { startswith_: ["ap"] } })).toEqual(["apricot", "Apple"]);
    expect(await find({ name: { startswith_: ["AP", "b"], any_: ["banana"] } })).toEqual([
      "banana",
    ]);
    expect(await find({ name: { startswith_: ["a%"] } })).toEqual([]);
    expect(await find({ id: { any_: [a] } })).toEqual(["Apple"]);
    expect(await find({ id: { any_: [a] }, name: { any_: ["banana"] } })).toEqual([]);
    const either = { operator: "or_", id: { any_: [a] }, name: { any_: ["banana"] } };
    expect(await find(either)).toEqual(["banana", "Apple"]);
    expect(await find({ operator: "or_" })).toHaveLength(4);
    expect(await find({ name: { any_: [] } })).toEqual([]);
    expect((await rest.post("/work_pools/nowhere/queues/filter", {})).status).toBe(404);
    expect((await rest.post(`/work_pools/${pool}/queues/filter`, { limit: 201 })).status).toBe(422);
  });

  test("of all pools come by name", async () => {
    const prefix = newId();
    await create(`${prefix}-b`);
    await rest.post("/work_pools/", { name: `${pool}-2` });
    await rest.post(`/work_pools/${pool}-2/queues`, { name: `${prefix}-a` });
    const found = await rest.post("/work_queues/filter", {
      work_queues: { name: { startswith_: [prefix] } },
    });
    expect(names(found.body)).toEqual([`${prefix}-a`, `${prefix}-b`]);
    expect(at(found.body, 0, "work_pool_name")).toBe(`${pool}-2`);
    expect((await rest.post("/work_queues/filter", { offset: -1 })).status).toBe(422);
  });
});

test("a queue that is named without a pool is in `default-agent-pool`, made on demand", async () => {
  await using own = await TestServer.start();
  const client = new RestClient(own.url);
  expect((await client.get("/work_pools/default-agent-pool")).status).toBe(404);
  expect((await client.get("/work_queues/name/default")).body).toMatchObject({
    name: "default",
    work_pool_name: "default-agent-pool",
  });
  const made = await client.get("/work_pools/default-agent-pool");
  expect(made.body).toMatchObject({ type: "prefect-agent", status: null });
  const created = await client.post("/work_queues/", { name: "legacy", description: "old" });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ work_pool_name: "default-agent-pool", priority: 2 });
  expect((await client.get("/work_queues/name/legacy")).body).toEqual(created.body);
  expect((await client.get("/work_queues/name/nope")).status).toBe(404);
  expect((await client.post("/work_queues/", { name: "legacy" })).status).toBe(409);
  expect((await client.post("/work_queues/", {})).status).toBe(422);
});
