import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TEMPLATE = {
  job_configuration: { command: "{{ command }}" },
  variables: { type: "object", properties: { command: { type: "string", default: "true" } } },
};

let server: TestServer;
let rest: RestClient;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
});

afterAll(() => server[Symbol.asyncDispose]());

describe("creating a pool", () => {
  test("answers 201 with the pool as Prefect's client reads it", async () => {
    const { status, body } = await rest.post("/work_pools/", {
      name: "fresh",
      type: "process",
      description: null,
      base_job_template: TEMPLATE,
      concurrency_limit: 3,
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(UUID),
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      updated: expect.any(String),
      name: "fresh",
      description: null,
      type: "process",
      base_job_template: TEMPLATE,
      is_paused: false,
      concurrency_limit: 3,
      status: "NOT_READY",
      default_queue_id: expect.stringMatching(UUID),
      storage_configuration: {},
      active_slots: 0,
    });
    expect((await rest.get("/work_pools/fresh")).body).toEqual(body);
  });

  test("takes `prefect-agent` as type and `{}` as template if nothing is said", async () => {
    const { body } = await rest.post("/work_pools/", { name: "bare" });
    expect(body).toMatchObject({ type: "prefect-agent", base_job_template: {}, status: null });
    expect((await rest.get("/work_pools/bare")).body).toMatchObject({ active_slots: null });
  });

  test("is refused with 409 for a taken name and 403 for a reserved one", async () => {
    await rest.post("/work_pools/", { name: "taken" });
    const taken = await rest.post("/work_pools/", { name: "taken" });
    expect(taken.status).toBe(409);
    expect(at(taken.body, "detail")).toContain("'taken'");
    expect((await rest.post("/work_pools/", { name: "Prefect-pool" })).status).toBe(403);
  });

  test("refuses a template whose placeholder nothing declares, by the field's name", async () => {
    const { status, body } = await rest.post("/work_pools/", {
      name: "undeclared",
      base_job_template: { job_configuration: { a: "{{ b }}" }, variables: { type: "object" } },
    });
    expect(status).toBe(422);
    expect(at(body, "detail")).toMatch(/^base_job_template: .*'b'/);
  });

  test("a name with spaces is found under its encoded path, in both forms", async () => {
    await rest.post("/work_pools", { name: "two words: ü" });
    for (const end of ["", "/"]) {
      const { status, body } = await rest.get(
        `/work_pools/${encodeURIComponent("two words: ü")}${end}`,
      );
      expect(status).toBe(200);
      expect(body).toMatchObject({ name: "two words: ü" });
    }
  });
});

describe("changing a pool", () => {
  test("answers 204 and changes what is given; null clears", async () => {
    await rest.post("/work_pools/", {
      name: "changed",
      description: "before",
      concurrency_limit: 1,
      base_job_template: TEMPLATE,
    });
    const paused = await rest.patch("/work_pools/changed", { is_paused: true });
    expect(paused).toMatchObject({ status: 204, body: undefined });
    expect((await rest.get("/work_pools/changed")).body).toMatchObject({
      is_paused: true,
      description: "before",
      concurrency_limit: 1,
    });
    await rest.patch("/work_pools/changed", { description: null, concurrency_limit: null });
    expect((await rest.get("/work_pools/changed")).body).toMatchObject({
      is_paused: true,
      description: null,
      concurrency_limit: null,
      base_job_template: TEMPLATE,
    });
  });

  test("is no renaming, and refused where there is no pool", async () => {
    const renamed = await rest.patch("/work_pools/changed", { name: "other" });
    expect(renamed.status).toBe(422);
    expect(at(renamed.body, "exception_detail", 0, "type")).toBe("extra_forbidden");
    expect((await rest.patch("/work_pools/absent", { is_paused: true })).status).toBe(404);
  });

  test("of a reserved name allows the switches only, before it looks for the pool", async () => {
    expect((await rest.patch("/work_pools/prefect-x", { description: "a" })).status).toBe(403);
    expect((await rest.patch("/work_pools/prefect-x", { is_paused: true })).status).toBe(404);
    expect((await rest.delete("/work_pools/prefect-x")).status).toBe(403);
  });
});

test("a deleted pool is gone", async () => {
  await rest.post("/work_pools/", { name: "deleted" });
  expect((await rest.delete("/work_pools/deleted")).status).toBe(204);
  expect((await rest.get("/work_pools/deleted")).status).toBe(404);
  expect((await rest.delete("/work_pools/deleted")).status).toBe(404);
});

describe("lists of pools", () => {
  const names = (body: unknown): unknown[] =>
    (Array.isArray(body) ? body : []).map((pool) => at(pool, "name"));

  test("come by name, filtered by id, name and type, joined by the operator", async () => {
    const ids: Record<string, unknown> = {};
    for (const [name, type] of [
      ["l-a", "docker"],
      ["l-b", "process"],
      ["l-c", "list-type"],
    ]) {
      ids[String(name)] = at((await rest.post("/work_pools/", { name, type })).body, "id");
    }
    const find = async (work_pools: unknown, page: object = {}): Promise<unknown[]> =>
      names((await rest.post("/work_pools/filter", { work_pools, ...page })).body);
    const some = { name: { any_: ["l-c", "l-a", "l-b"] } };
    expect(await find(some)).toEqual(["l-a", "l-b", "l-c"]);
    expect(await find(some, { limit: 1, offset: 1 })).toEqual(["l-b"]);
    expect(await find({ ...some, type: { any_: ["list-type"] } })).toEqual(["l-c"]);
    expect(
      await find({ operator: "or_", id: { any_: [ids["l-a"]] }, type: { any_: ["list-type"] } }),
    ).toEqual(["l-a", "l-c"]);
    expect(await find({ name: { any_: [] } })).toEqual([]);
    const count = await rest.post("/work_pools/count", { work_pools: some });
    expect(count.body).toBe(3);
  });

  test("take null for whatever is not given", async () => {
    const all = await rest.post("/work_pools/filter", {});
    const nulls = { work_pools: null, limit: null, offset: null };
    expect((await rest.post("/work_pools/filter", nulls)).body).toEqual(all.body);
    const inner = { operator: "or_", id: null, name: { any_: null } };
    expect((await rest.post("/work_pools/filter", { work_pools: inner })).body).toEqual(all.body);
    expect((await rest.send("POST", "/work_pools/count")).body).toBe(names(all.body).length);
  });

  test("have at most 200 entries; more is refused with the number", async () => {
    for (const limit of [201, -1]) {
      const { status, body } = await rest.post("/work_pools/filter", { limit });
      expect(status).toBe(422);
      expect(at(body, "detail")).toContain("200");
    }
    const { status, body } = await rest.post("/work_pools/filter", { offset: -1 });
    expect(status).toBe(422);
    expect(at(body, "exception_detail", 0)).toMatchObject({
      type: "greater_than_equal",
      loc: ["body", "offset"],
      ctx: { ge: 0 },
    });
  });
});
