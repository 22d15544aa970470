import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { updateWorkPool } from "#server/transitions/update-work-pool.ts";
import { newId } from "#shared/ids.ts";
import { at } from "#test/support/json-value.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { eventsOf, poolEvents } from "#test/support/stored-events.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
});
afterAll(() => server[Symbol.asyncDispose]());

async function create(name: string, fields: object = {}): Promise<string> {
  const { status, body } = await rest.post("/work_pools/", { name, type: "process", ...fields });
  expect({ status, body }).toMatchObject({ status: 201 });
  return String(at(body, "id"));
}

const read = async (name: string): Promise<unknown> => (await rest.get(`/work_pools/${name}`)).body;
const patch = async (name: string, fields: object): Promise<number> =>
  (await rest.patch(`/work_pools/${name}`, fields)).status;
const told = (id: string): Promise<string[]> => poolEvents(server.database.pool, id);

test("trap 1: a name of spaces and quotes only is refused as empty", async () => {
  for (const name of [`"  '  "`, "   ", "''", '"']) {
    const { status, body } = await rest.post("/work_pools/", { name });
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain("empty");
  }
  expect((await rest.post("/work_pools/", { name: "" })).status).toBe(422);
});

describe("trap 2: names that begin with 'prefect', however written", () => {
  test.each(["Prefect-anything", "PREFECT pool", "prefectpool", "prefect"])(
    "%p is reserved before anything else is looked at",
    async (name) => {
      const template = { job_configuration: {} };
      expect((await rest.post("/work_pools/", { name, base_job_template: template })).status).toBe(
        403,
      );
      const path = encodeURIComponent(name);
      for (const fields of [
        { description: "a" },
        { storage_configuration: {} },
        { base_job_template: {}, is_paused: true },
      ]) {
        expect(await patch(path, fields)).toBe(403);
      }
      expect(await patch(path, { is_paused: true, concurrency_limit: 3 })).toBe(404);
      expect((await rest.delete(`/work_pools/${path}`)).status).toBe(403);
    },
  );
});

test("trap 3: a limit of 0 is a limit, and one below is refused and changes nothing", async () => {
  await create("zero", { concurrency_limit: 0 });
  expect(await read("zero")).toMatchObject({ concurrency_limit: 0, active_slots: 0 });
  expect(await patch("zero", { concurrency_limit: -5 })).toBe(422);
  expect(await read("zero")).toMatchObject({ concurrency_limit: 0 });
  expect((await rest.post("/work_pools/", { name: "x", concurrency_limit: -5 })).status).toBe(422);

  const world = await LeaseWorld.create({ limit: 0 });
  const agent = await world.hello();
  await world.createRuns(2);
  expect(await world.claim(agent)).toEqual([]);
  await updateWorkPool(world.ctx, world.poolName, { concurrencyLimit: 1 });
  expect(await world.claim(agent)).toHaveLength(1);
  await world.database.drop();
});

describe("trap 4: what a template must be", () => {
  const post = (base_job_template: unknown) =>
    rest.post("/work_pools/", { name: `t-${newId()}`, type: "x", base_job_template });

  test("an undeclared placeholder is found three levels deep in a list", async () => {
    const { status, body } = await post({
      job_configuration: { a: [{ b: [{ c: "x {{ other }} {{ known }}" }] }] },
      variables: { type: "object", properties: { known: { type: "string" } } },
    });
    expect(status).toBe(422);
    expect(at(body, "detail")).toContain("'other'");
    expect(at(body, "detail")).not.toContain("'known'");
  });

  test("one of the two keys alone, or empty, is refused; {} is fine", async () => {
    const configuration = { job_configuration: { a: 1 } };
    const variables = { variables: { type: "object" } };
    for (const bad of [
      configuration,
      variables,
      { ...configuration, variables: {} },
      { ...variables, job_configuration: {} },
    ]) {
      expect((await post(bad)).status).toBe(422);
    }
    expect((await post({})).status).toBe(201);
    expect((await post({ ...configuration, ...variables })).status).toBe(201);
  });

  test("is asked of a change too", async () => {
    await create("kept", { base_job_template: {} });
    expect(await patch("kept", { base_job_template: { variables: { a: 1 } } })).toBe(422);
    expect(await read("kept")).toMatchObject({ base_job_template: {} });
  });
});

test("trap 5: a default that is an unknown block is 404, also in a change", async () => {
  const withDefault = (id: string): object => ({
    job_configuration: { login: "{{ login }}" },
    variables: {
      type: "object",
      properties: { login: { type: "object", default: { $ref: { block_document_id: id } } } },
    },
  });
  await create("blocks", { base_job_template: {} });
  for (const id of [newId(), "no-uuid"]) {
    const template = withDefault(id);
    const { status, body } = await rest.post("/work_pools/", {
      name: "no-block",
      type: "x",
      base_job_template: template,
    });
    expect(status).toBe(404);
    expect(at(body, "detail")).toContain(id);
    expect(await patch("blocks", { base_job_template: template })).toBe(404);
  }
  expect((await rest.get("/work_pools/no-block")).status).toBe(404);
});

test("trap 6: a heartbeat leaves a paused pool paused; lifting the pause is READY at once", async () => {
  const id = await create("beats");
  const agent = server.session();
  await agent.hello({ workPoolName: "beats" });
  expect(await read("beats")).toMatchObject({ status: "READY" });
  await patch("beats", { is_paused: true });
  agent.say({ $case: "heartbeat", value: { sequence: 1, held: [] } });
  await agent.next("heartbeatReply");
  const second = server.session();
  await second.hello({ workPoolName: "beats" });
  expect(await read("beats")).toMatchObject({ status: "PAUSED", is_paused: true });
  await patch("beats", { is_paused: false });
  expect(await read("beats")).toMatchObject({ status: "READY" });
  expect(await told(id)).toEqual(["created", "not-ready", "ready", "paused", "ready"]);
  for (const stream of [agent, second]) stream.cut();

  const idle = await create("idle", { is_paused: true });
  expect(await read("idle")).toMatchObject({ status: "PAUSED" });
  await patch("idle", { is_paused: false });
  expect(await read("idle")).toMatchObject({ status: "NOT_READY" });
  expect(await told(idle)).toEqual(["created", "paused", "not-ready"]);
});

test("trap 7: the pause that is, or is not, already so is told again", async () => {
  const id = await create("again");
  for (const is_paused of [false, false, true, true]) await patch("again", { is_paused });
  expect(await told(id)).toEqual([
    ...["created", "not-ready", "not-ready", "not-ready", "paused", "paused"],
  ]);
  const ids = (await eventsOf(server.database.pool, id)).map((event) => event.id);
  expect(new Set(ids).size).toBe(6);
});

test("trap 8: a pause and a change are two events, and only what changed is listed", async () => {
  const id = await create("both", {
    description: "a",
    concurrency_limit: 3,
    base_job_template: { job_configuration: { a: 1 }, variables: { type: "object" } },
  });
  await patch("both", { is_paused: true, concurrency_limit: 5, description: "a" });
  expect(await told(id)).toEqual(["created", "not-ready", "updated", "paused"]);
  expect((await eventsOf(server.database.pool, id))[2]?.payload).toEqual({
    updated_fields: ["concurrency_limit"],
    updates: { concurrency_limit: { from: 3, to: 5 } },
  });
  const template = at(await read("both"), "base_job_template");
  await patch("both", {
    concurrency_limit: 5,
    description: "a",
    base_job_template: template,
    storage_configuration: {},
  });
  expect(await told(id)).toHaveLength(4);
  await patch("both", { concurrency_limit: null, description: null, base_job_template: {} });
  expect((await eventsOf(server.database.pool, id))[4]?.payload).toEqual({
    updated_fields: ["description", "base_job_template", "concurrency_limit"],
    updates: {
      description: { from: "a", to: null },
      base_job_template: { from: template, to: {} },
      concurrency_limit: { from: 5, to: null },
    },
  });
});

test("trap 9: a storage configuration stays when absent, is cleared by {}, and has three keys", async () => {
  const storage = {
    bundle_upload_step: { "prefect_aws.upload": { bucket: "b", keys: ["a", 1, null] } },
    bundle_execution_step: { "prefect_aws.execute": { bucket: "b" } },
    default_result_storage_block_id: newId(),
  };
  const id = await create("storing", { storage_configuration: storage });
  expect(await read("storing")).toMatchObject({ storage_configuration: storage });
  await patch("storing", { description: "new" });
  expect(await read("storing")).toMatchObject({ storage_configuration: storage });
  for (const bad of [{ bucket: "b" }, { ...storage, more: 1 }]) {
    const { status, body } = await rest.patch("/work_pools/storing", {
      storage_configuration: bad,
    });
    expect(status).toBe(422);
    expect(at(body, "exception_detail", 0, "type")).toBe("extra_forbidden");
  }
  const part = { bundle_upload_step: { other: {} } };
  await patch("storing", { storage_configuration: part });
  expect(at(await read("storing"), "storage_configuration")).toEqual(part);
  await patch("storing", { storage_configuration: {} });
  expect(at(await read("storing"), "storage_configuration")).toEqual({});
  expect(await told(id)).toEqual([...["created", "not-ready", "updated", "updated", "updated"]]);
  const refused = await rest.post("/work_pools/", { name: "y", storage_configuration: { a: 1 } });
  expect(refused.status).toBe(422);
});

test("trap 10: queues and agents go with a pool; deployments stay and take runs that nobody polls", async () => {
  const id = await create("gone");
  await server.client.applyDeployment({
    flowName: "gone",
    name: "d",
    workPoolName: "gone",
    workQueueName: "other",
    jobVariablesJson: '{"command": "true"}',
  });
  const before = await server.client.createFlowRun({ deployment: "gone/d" });
  expect((await rest.delete("/work_pools/gone")).status).toBe(204);
  const after = await server.client.createFlowRun({ deployment: "gone/d" });
  for (const run of [before, after]) {
    expect((await server.client.getFlowRun(run.id)).flowRun).toMatchObject({
      workPoolName: "",
      workQueueName: "",
      state: { type: "STATE_TYPE_SCHEDULED" },
    });
  }
  const { rows } = await server.database.pool.query<{ event: string }>(
    "select event from sluice.event where event like '%.deleted' order by at, id",
  );
  expect(rows.map(({ event }) => event)).toEqual([
    "prefect.work-queue.deleted",
    "prefect.work-queue.deleted",
    "prefect.work-pool.deleted",
  ]);
  expect(await told(id)).toEqual(["created", "not-ready", "deleted"]);
});
