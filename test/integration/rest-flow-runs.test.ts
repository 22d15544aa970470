import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { RestPool } from "#test/support/rest-pool.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
let pool: RestPool;
let flowId: string;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
  pool = await RestPool.create(server, rest, "runs");
  flowId = String(at((await rest.get("/flows/name/work")).body, "id"));
});

afterAll(() => server[Symbol.asyncDispose]());

const adhoc = async (fields: object = {}): Promise<Record<string, unknown>> => {
  const { body } = await rest.post("/flow_runs/", { flow_id: flowId, ...fields });
  return Object(body);
};

describe("a run without a deployment", () => {
  test("is PENDING unless a state is given, and comes back to the letter", async () => {
    const text = `{"flow_id": "${flowId}", "parameters": {"n": 1.0, "big": 12345678901234567890},
      "context": {"b": 1, "a": 2}, "tags": ["x", "x"], "labels": {"team": "a"}, "name": null,
      "empirical_policy": {"retries": 2, "retry_delay": 5}, "flow_version": "v"}`;
    const { status, body } = await rest.send("POST", "/flow_runs/", text);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      state_type: "PENDING",
      name: expect.stringMatching(/^\S+-\S+$/),
      deployment_id: null,
      work_pool_name: null,
      tags: ["x"],
      labels: { team: "a", "prefect.flow.id": flowId },
      empirical_policy: { retries: 2, retry_delay: 5 },
      flow_version: "v",
    });
    const raw = await fetch(`${server.url}/api/flow_runs/${String(at(body, "id"))}`);
    const answered = await raw.text();
    expect(answered).toContain('"parameters":{"n": 1.0, "big": 12345678901234567890}');
    expect(answered).toContain('"context":{"b": 1, "a": 2}');
  });

  test("goes its way under the rules, but is not retried by hand", async () => {
    const { id } = await adhoc();
    await pool.propose(String(id), "RUNNING");
    await pool.propose(String(id), "FAILED");
    expect((await pool.propose(String(id), "SCHEDULED")).body).toMatchObject({ status: "ABORT" });
  });

  test("trap 58: an idempotency key finds the older run of the same flow, and of no other", async () => {
    const idempotency_key = "once";
    const first = await rest.post("/flow_runs/", { flow_id: flowId, idempotency_key });
    const again = await rest.post("/flow_runs/", { flow_id: flowId, idempotency_key });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(at(again.body, "id")).toBe(at(first.body, "id"));
    const other = at((await rest.post("/flows/", { name: "other" })).body, "id");
    const elsewhere = await rest.post("/flow_runs/", { flow_id: other, idempotency_key });
    expect(elsewhere.status).toBe(201);
  });

  test("of a flow, a pool or a queue that there is not is 404", async () => {
    const refused = async (fields: object): Promise<number> =>
      (await rest.post("/flow_runs/", { flow_id: flowId, ...fields })).status;
    expect(await refused({ flow_id: randomUUID() })).toBe(404);
    expect(await refused({ work_pool_name: "absent" })).toBe(404);
    expect(await refused({ work_pool_name: "runs", work_queue_name: "absent" })).toBe(404);
    expect(await refused({ work_queue_name: "default" })).toBe(422);
  });

  test("that begins in hand takes a slot of its pool, and is refused where there is none", async () => {
    await RestPool.create(server, rest, "tight", { limit: 1 });
    const create = async (type: string): Promise<number> =>
      (
        await rest.post("/flow_runs/", {
          flow_id: flowId,
          work_pool_name: "tight",
          state: { type },
        })
      ).status;
    const answers = await Promise.all([create("PENDING"), create("PENDING"), create("RUNNING")]);
    expect(answers.toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    expect(await create("SCHEDULED")).toBe(201);
  });
});

describe("a run of a deployment", () => {
  const create = async (
    body: object = {},
    name = "runs",
  ): Promise<{ status: number; body: unknown }> => {
    const deployment = (await rest.get(`/deployments/name/work/${name}`)).body;
    return rest.post(`/deployments/${String(at(deployment, "id"))}/create_flow_run`, body);
  };

  test("is SCHEDULED for now or for when it is said, with what was given", async () => {
    const { status, body } = await create({
      name: "mine",
      parameters: { a: 1 },
      tags: ["t"],
      labels: { x: 1 },
      job_variables: { env: { A: "1" } },
      state: { type: "SCHEDULED", state_details: { scheduled_time: "2030-01-01 00:00:00+00:00" } },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: "mine",
      parameters: { a: 1 },
      tags: ["t"],
      labels: { x: 1, "prefect.flow.id": flowId },
      job_variables: { env: { A: "1" } },
      work_pool_name: "runs",
      work_queue_name: "default",
      next_scheduled_start_time: "2030-01-01T00:00:00.000000Z",
    });
    expect((await create({ state: { type: "RUNNING" } })).status).toBe(422);
    expect((await rest.post(`/deployments/${randomUUID()}/create_flow_run`, {})).status).toBe(404);
  });

  test("is refused with 409 for parameters that its schema does not allow, unless that is not asked for", async () => {
    await server.client.applyDeployment({
      flowName: "work",
      name: "strict",
      entrypoint: "flow.py:work",
      workPoolName: "runs",
      parameterSchemaJson:
        '{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}',
      enforceParameterSchema: true,
    });
    expect((await create({}, "strict")).status).toBe(409);
    expect((await create({ parameters: { n: "x" } }, "strict")).status).toBe(409);
    expect((await create({ parameters: { n: 1 } }, "strict")).status).toBe(201);
    expect((await create({ enforce_parameter_schema: false }, "strict")).status).toBe(201);
  });
});

describe("changing a run", () => {
  test("changes what is given, and nothing else", async () => {
    const id = await pool.createRun();
    const patch = (body: object): Promise<{ status: number }> =>
      rest.patch(`/flow_runs/${id}`, body);
    expect((await patch({ infrastructure_pid: "host:1", flow_version: "2" })).status).toBe(204);
    await patch({ name: "renamed", tags: ["a"], empirical_policy: { retries: 3 } });
    const { body } = await rest.get(`/flow_runs/${id}`);
    expect(body).toMatchObject({
      name: "renamed",
      tags: ["a"],
      infrastructure_pid: "host:1",
      flow_version: "2",
      empirical_policy: { retries: 3 },
      state_type: "SCHEDULED",
    });
    expect((await patch({ state_type: "RUNNING" })).status).toBe(422);
    expect((await rest.patch(`/flow_runs/${randomUUID()}`, { name: "x" })).status).toBe(404);
  });

  test("trap 64: job variables change while it is SCHEDULED and has a deployment, and are checked", async () => {
    const template = {
      job_configuration: { n: "{{ n }}" },
      variables: { type: "object", properties: { n: { type: "integer" } } },
    };
    const typed = await RestPool.create(server, rest, "typed");
    await rest.patch("/work_pools/typed", { base_job_template: template });
    const id = await typed.createRun();
    const patch = async (job_variables: object, run: unknown = id): Promise<number> =>
      (await rest.patch(`/flow_runs/${String(run)}`, { job_variables })).status;
    expect(await patch({ n: 1 })).toBe(204);
    expect(await patch({ n: "x" })).toBe(422);
    expect(at((await rest.get(`/flow_runs/${id}`)).body, "job_variables")).toEqual({ n: 1 });
    await typed.propose(id, "PENDING");
    expect(await patch({ n: 2 })).toBe(400);
    expect(await patch({ n: 2 }, (await adhoc({ state: { type: "SCHEDULED" } }))["id"])).toBe(400);
  });

  test("merges labels", async () => {
    const id = await pool.createRun();
    await rest.patch(`/flow_runs/${id}/labels`, { a: 1, b: true });
    expect((await rest.patch(`/flow_runs/${id}/labels`, { b: "x" })).status).toBe(204);
    expect(at((await rest.get(`/flow_runs/${id}`)).body, "labels")).toMatchObject({ a: 1, b: "x" });
    expect((await rest.patch(`/flow_runs/${id}/labels`, { a: { deep: 1 } })).status).toBe(422);
    expect((await rest.patch(`/flow_runs/${randomUUID()}/labels`, { a: 1 })).status).toBe(404);
  });

  test("deletes it, unless an agent holds it", async () => {
    const id = await pool.createRun();
    await server.database.pool.query("update sluice.flow_run set leased = true where id = $1", [
      id,
    ]);
    const held = await rest.delete(`/flow_runs/${id}`);
    expect(held).toMatchObject({ status: 409, body: { reason: "FLOW_RUN_HELD" } });
    await server.database.pool.query("update sluice.flow_run set leased = false where id = $1", [
      id,
    ]);
    expect((await rest.delete(`/flow_runs/${id}`)).status).toBe(204);
    expect((await rest.delete(`/flow_runs/${id}`)).status).toBe(404);
  });
});
