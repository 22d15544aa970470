import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "#shared/ids.ts";
import { eventually } from "#test/support/eventually.ts";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

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

describe("the runs of a queue", () => {
  const runsOf = (body: unknown): unknown[] =>
    (Array.isArray(body) ? body : []).map((run) => at(run, "id"));

  async function deployInto(queue: string): Promise<string> {
    const name = `d-${newId()}`;
    await server.client.applyDeployment({
      flowName: "flow",
      name,
      workPoolName: pool,
      workQueueName: queue,
      jobVariablesJson: '{"command": "true"}',
      parametersJson: '{"b": 1, "a": 1.0}',
    });
    return `flow/${name}`;
  }

  test("are those that may be handed out, earliest first; asking is a poll, but not for a page", async () => {
    const deployment = await deployInto("polled");
    const { body: queue } = await rest.get(`/work_pools/${pool}/queues/polled`);
    const path = `/work_queues/${String(at(queue, "id"))}`;
    const now = Date.now();
    const due = async (seconds: number): Promise<string> => {
      const scheduledTime = new Date(now + seconds * 1000);
      return (await server.client.createFlowRun({ deployment, scheduledTime })).id;
    };
    const [soon, overdue, later] = [await due(30), await due(-30), await due(600)];
    const asPage = await rest.send("POST", `${path}/get_runs`, "{}", { "x-prefect-ui": "true" });
    expect(runsOf(asPage.body)).toEqual([overdue, soon, later]);
    expect((await rest.get(path)).body).toMatchObject({ last_polled: null, status: "NOT_READY" });

    const scheduled_before = new Date(now + 30_000).toISOString();
    const { status, body } = await rest.post(`${path}/get_runs`, { limit: 10, scheduled_before });
    expect(status).toBe(200);
    expect(runsOf(body)).toEqual([overdue, soon]);
    expect(at(body, 0)).toMatchObject({
      state_type: "SCHEDULED",
      work_queue_name: "polled",
      work_pool_name: pool,
      parameters: { a: 1, b: 1 },
      state: { type: "SCHEDULED", state_details: { flow_run_id: overdue } },
    });
    expect(runsOf((await rest.post(`${path}/get_runs`, { limit: 1 })).body)).toEqual([overdue]);
    await eventually(async () => at((await rest.get(path)).body, "status") === "READY");

    await rest.patch(path, { concurrency_limit: 1 });
    expect(runsOf((await rest.post(`${path}/get_runs`, {})).body)).toEqual([overdue]);
    await rest.patch(path, { is_paused: true });
    expect((await rest.post(`${path}/get_runs`, {})).body).toEqual([]);
    await rest.patch(path, { is_paused: false, concurrency_limit: null });
    await rest.patch(`/work_pools/${pool}`, { is_paused: true });
    expect((await rest.post(`${path}/get_runs`, {})).body).toEqual([]);
    await rest.patch(`/work_pools/${pool}`, { is_paused: false, concurrency_limit: 2 });
    expect(runsOf((await rest.post(`${path}/get_runs`, {})).body)).toEqual([overdue, soon]);
    expect((await rest.post(`${path}/get_runs`, { limit: 201 })).status).toBe(422);
    expect((await rest.post(`/work_queues/${newId()}/get_runs`, {})).status).toBe(404);
  });

  test("trap 20: that hold slots are what its limit counts, a CANCELLING one too, on every way", async () => {
    const deployment = await deployInto("held");
    const { body: queue } = await rest.get(`/work_pools/${pool}/queues/held`);
    const id = String(at(queue, "id"));
    const runs: string[] = [];
    for (let n = 0; n < 3; n += 1)
      runs.push((await server.client.createFlowRun({ deployment })).id);
    const agent = server.session();
    await agent.hello({ workPoolName: pool, limit: 3 });
    agent.credit(3);
    const leases = await agent.leases();
    expect(leases).toHaveLength(3);
    const refs = leases.flatMap(({ ref }) => (ref === undefined ? [] : [ref]));
    agent.say({ $case: "accepted", value: { refs } });
    const [cancelled = ""] = runs;
    await server.database.pool.query(
      "update sluice.flow_run set state_type = 'CANCELLING', state_name = 'Cancelling' where id = $1",
      [cancelled],
    );
    await rest.patch(`/work_queues/${id}`, { concurrency_limit: 5 });
    for (const path of [`/work_queues/${id}`, `/work_pools/${pool}/queues/held`]) {
      expect(at((await rest.get(path)).body, "active_slots")).toBe(3);
    }
    const path = `/work_queues/${id}/concurrency_status`;
    const { status, body } = await rest.post(path, { page: 2, limit: 2 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ active_slots: 3, concurrency_limit: 5, count: 3, limit: 2 });
    expect(body).toMatchObject({ pages: 2, page: 2, flow_runs: [expect.anything()] });
    const all = await rest.post(path, { page: 1 });
    const shown = at(all.body, "flow_runs");
    expect(new Set(runsOf(shown))).toEqual(new Set(runs));
    expect(shown).toContainEqual({
      id: cancelled,
      name: expect.any(String),
      state_type: "CANCELLING",
      state_name: "Cancelling",
      start_time: null,
      state_timestamp: expect.stringMatching(TIME),
      time_in_current_state: expect.any(Number),
    });
    expect(at((await rest.post(path, { page: 9 })).body, "flow_runs")).toEqual([]);
    expect((await rest.post(path, { page: 0 })).status).toBe(422);
    expect((await rest.post(`/work_queues/${newId()}/concurrency_status`, {})).status).toBe(404);
    await agent.goodbye();
  });
});

test("trap 19: a poll of a paused queue advances its last poll and makes its deployments READY; it stays PAUSED", async () => {
  const { id: deploymentId } = await server.client.applyDeployment({
    flowName: "flow",
    name: `d-${newId()}`,
    workPoolName: pool,
    workQueueName: "paused",
    jobVariablesJson: '{"command": "true"}',
  });
  const readDeployment = async (): Promise<unknown> =>
    (await rest.get(`/deployments/${deploymentId}`)).body;
  const { body: queue } = await rest.get(`/work_pools/${pool}/queues/paused`);
  const path = `/work_queues/${String(at(queue, "id"))}`;
  await rest.patch(path, { is_paused: true });
  expect(await readDeployment()).toMatchObject({ status: "NOT_READY", last_polled: null });
  expect((await rest.post(`${path}/get_runs`, {})).body).toEqual([]);
  const polled = await eventually(async () => {
    const { body } = await rest.get(path);
    return at(body, "last_polled") !== null && body;
  });
  expect(polled).toMatchObject({ status: "PAUSED", is_paused: true });
  expect(await readDeployment()).toMatchObject({
    status: "READY",
    last_polled: at(polled, "last_polled"),
  });
});

test("a queue's health names its policy, its late runs and its last poll", async () => {
  const { body: created } = await rest.post(`/work_pools/${pool}/queues`, { name: "health" });
  const id = String(at(created, "id"));
  const path = `/work_queues/${id}/status`;
  const policy = { maximum_late_runs: 0, maximum_seconds_since_last_polled: 60 };
  expect((await rest.get(path)).body).toEqual({
    healthy: false,
    late_runs_count: 0,
    last_polled: null,
    health_check_policy: policy,
  });
  await rest.post(`/work_queues/${id}/get_runs`, {});
  const { body } = await eventually(async () => {
    const answer = await rest.get(path);
    return at(answer.body, "healthy") === true && answer;
  });
  expect(at(body, "last_polled")).toMatch(TIME);
  expect((await rest.get(`/work_queues/${newId()}/status`)).status).toBe(404);
});
