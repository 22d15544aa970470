import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "#shared/ids.ts";
import { workerTypes } from "#shared/worker-types/worker-types.ts";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
});
afterAll(() => server[Symbol.asyncDispose]());

describe("the concurrency status", () => {
  const ask = (body: object = {}, name = "slots") =>
    rest.post(`/work_pools/${name}/concurrency_status`, body);

  beforeAll(async () => {
    await server.client.createWorkPool({ name: "slots", type: "process", concurrencyLimit: 7 });
    for (const queue of ["default", "a", "b"]) {
      await server.client.applyDeployment({
        flowName: "slots",
        name: queue,
        workPoolName: "slots",
        workQueueName: queue,
        jobVariablesJson: '{"command": "true"}',
      });
    }
    const agent = server.session();
    await agent.hello({ workPoolName: "slots" });
    for (const queue of ["default", "a", "a"]) {
      await server.client.createFlowRun({ deployment: `slots/${queue}` });
      agent.credit(1);
      await agent.leases();
    }
  });

  test("counts PENDING and RUNNING runs, of the pool and of each queue by priority", async () => {
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      active_slots: 3,
      concurrency_limit: 7,
      count: 3,
      limit: 200,
      pages: 1,
      page: 1,
      queues: [
        { queue_name: "default", active_slots: 1, flow_run_count: 1, concurrency_limit: null },
        { queue_name: "a", active_slots: 2, flow_run_count: 2 },
        { queue_name: "b", active_slots: 0, flow_run_count: 0, flow_runs: [] },
      ],
    });
    expect(at(body, "queues", 0, "flow_runs", 0)).toEqual({
      id: expect.any(String),
      name: expect.any(String),
      state_type: "PENDING",
      state_name: "Pending",
      start_time: null,
      state_timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      time_in_current_state: expect.any(Number),
    });
    expect(at((await rest.get("/work_pools/slots")).body, "active_slots")).toBe(3);
  });

  test("does not count CANCELLING runs", async () => {
    const id = String(at((await ask()).body, "queues", 0, "flow_runs", 0, "id"));
    const change = "update sluice.flow_run set state_type = $2 where id = $1";
    await server.database.pool.query(change, [id, "CANCELLING"]);
    expect((await ask()).body).toMatchObject({
      active_slots: 2,
      queues: [{ active_slots: 0 }, {}, {}],
    });
    await server.database.pool.query(change, [id, "RUNNING"]);
    expect((await ask()).body).toMatchObject({
      active_slots: 3,
      queues: [{ active_slots: 1 }, {}, {}],
    });
  });

  test("comes page by page; behind the last is nothing, with the same counts", async () => {
    const names = (body: unknown): unknown[] => {
      const queues = at(body, "queues");
      return Array.isArray(queues) ? queues.map((queue) => at(queue, "queue_name")) : [];
    };
    const first = (await ask({ limit: 2 })).body;
    expect(first).toMatchObject({ active_slots: 3, count: 3, limit: 2, pages: 2, page: 1 });
    expect(names(first)).toEqual(["default", "a"]);
    const second = (await ask({ limit: 2, page: 2 })).body;
    expect(names(second)).toEqual(["b"]);
    for (const page of [3, 2 ** 40]) {
      const behind = (await ask({ limit: 2, page })).body;
      expect(behind).toMatchObject({ active_slots: 3, count: 3, limit: 2, pages: 2, page });
      expect(names(behind)).toEqual([]);
    }
    expect((await ask({ limit: 0 })).body).toMatchObject({ count: 3, pages: 0, queues: [] });
  });

  test("lists as many runs of a queue as are asked for, and counts all", async () => {
    const body = (await ask({ flow_run_limit: 1 })).body;
    expect(at(body, "queues", 1, "flow_runs")).toHaveLength(1);
    expect(at(body, "queues", 1, "flow_run_count")).toBe(2);
    expect(at((await ask({ flow_run_limit: 0 })).body, "queues", 1, "flow_runs")).toEqual([]);
  });

  test.each([{ page: 0 }, { flow_run_limit: 201 }, { flow_run_limit: -1 }, { limit: 201 }])(
    "refuses %p",
    async (body) => {
      expect((await ask(body)).status).toBe(422);
    },
  );

  test("of a pool there is not is 404", async () => {
    expect((await ask({}, "absent")).status).toBe(404);
  });
});

describe("the views of collections", () => {
  test("list every worker type under its package, in the shape clients read", async () => {
    const { status, body } = await rest.get("/collections/views/aggregate-worker-metadata");
    expect(status).toBe(200);
    for (const type of workerTypes()) {
      expect(at(body, type.packageName, type.type)).toEqual({
        type: type.type,
        default_base_job_configuration: type.defaultBaseJobTemplate,
        description: type.description,
        display_name: type.displayName,
        documentation_url: type.documentationUrl,
        install_command: type.installCommand,
        is_beta: false,
        logo_url: type.logoUrl,
      });
    }
    expect(JSON.stringify(body)).not.toContain('"prefect-agent"');
  });

  test("that are known and empty are {}, others 404", async () => {
    for (const view of ["aggregate-flow-metadata", "aggregate-block-metadata", "demo-flows"]) {
      expect(await rest.get(`/collections/views/${view}`)).toMatchObject({ status: 200, body: {} });
    }
    for (const view of ["nothing", "constructor", "__proto__"]) {
      expect((await rest.get(`/collections/views/${view}`)).status).toBe(404);
    }
  });

  test("give a template with which a pool of the type can be created", async () => {
    const { body } = await rest.get("/collections/views/aggregate-worker-metadata");
    for (const { packageName, type } of workerTypes()) {
      const base_job_template = at(body, packageName, type, "default_base_job_configuration");
      const created = await rest.post("/work_pools/", {
        name: `as ${type}`,
        type,
        base_job_template,
      });
      expect(created.status).toBe(201);
      expect(at(created.body, "base_job_template")).toEqual(base_job_template);
    }
  });
});

describe("the preview of a job", () => {
  const ask = (body: object, name = "job") => rest.post(`/work_pools/${name}/preview_job`, body);

  test("tells each value and who gave it", async () => {
    await rest.post("/work_pools/", {
      name: "job",
      type: "x",
      base_job_template: {
        job_configuration: { command: "{{ command }}", token: "{{ token }}", env: "{{ env }}" },
        variables: {
          type: "object",
          properties: {
            command: { type: "string" },
            token: { type: "string", writeOnly: true, default: "hush" },
            env: { type: "object" },
          },
        },
      },
    });
    const deployment = await server.client.applyDeployment({
      flowName: "job",
      name: "d",
      workPoolName: "job",
      jobVariablesJson: '{"command": "echo", "env": {"A": "1"}}',
    });
    const expected = {
      job_configuration: { command: "echo", token: "********", env: { A: "1", B: null } },
      variables: [
        {
          name: "command",
          value: "echo",
          origin: "deployment",
          is_declared: true,
          is_secret: false,
        },
        {
          name: "token",
          value: "********",
          origin: "pool default",
          is_declared: true,
          is_secret: true,
        },
        { name: "extra", value: 7, origin: "flow run", is_declared: false, is_secret: false },
      ],
      env: [
        { name: "A", value: "1", origin: "deployment" },
        { name: "B", value: null, origin: "flow run" },
      ],
      references: [],
      refusal: null,
    };
    const job_variables = { extra: 7, env: { B: null } };
    for (const which of [{ deployment_id: deployment.id }, { deployment: "job/d" }]) {
      expect(await ask({ ...which, job_variables })).toMatchObject({ status: 200, body: expected });
    }
    const bare = await ask({});
    expect(at(bare.body, "variables", 0)).toMatchObject({ value: null, origin: "unset" });
    expect(at((await ask({ job_variables: { command: 1 } })).body, "refusal")).toContain("command");
  });

  test("refuses what is none", async () => {
    expect((await ask({}, "absent")).status).toBe(404);
    expect((await ask({ deployment_id: newId() })).status).toBe(404);
    expect((await ask({ deployment: "job/absent" })).status).toBe(404);
    for (const bad of [
      { deployment: "x" },
      { deployment: "job/d", deployment_id: newId() },
      { job_variables: [] },
      { variables: {} },
    ]) {
      expect((await ask(bad)).status).toBe(422);
    }
  });
});
