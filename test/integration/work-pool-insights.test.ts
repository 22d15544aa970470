import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type {
  GetWorkPoolSlotsResponse,
  PreviewJobResponse,
  PreviewRunsResponse,
} from "#proto/sluice/v1/work_pool_insight.ts";
import { newId } from "#shared/ids.ts";
import { rejection } from "#test/support/rejection.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const slotsOf = (name: string, holdersPerQueue = 0): Promise<GetWorkPoolSlotsResponse> =>
  server.client.unary((...rest) =>
    server.client.workPools.getWorkPoolSlots({ name, holdersPerQueue }, ...rest),
  );
const upcoming = (
  name: string,
  hours?: number,
  page: { pageSize?: number; pageToken?: string } = {},
): Promise<PreviewRunsResponse> => {
  const request = { name, hours, pageSize: 0, pageToken: "", ...page };
  return server.client.unary((...rest) => server.client.workPools.previewRuns(request, ...rest));
};
const preview = (
  name: string,
  deployment = "",
  jobVariablesJson = "",
): Promise<PreviewJobResponse> => {
  const request = { name, deployment, jobVariablesJson };
  return server.client.unary((...rest) => server.client.workPools.previewJob(request, ...rest));
};

/** A pool with deployments `NAME/QUEUE`, one for each queue. */
async function pool(name: string, ...queues: string[]): Promise<void> {
  await server.client.createWorkPool({ name, type: "process" });
  for (const queue of queues) {
    await server.client.applyDeployment({
      flowName: name,
      name: queue,
      workPoolName: name,
      workQueueName: queue,
      jobVariablesJson: '{"command": "true"}',
    });
  }
}

const run = async (deployment: string, inSeconds = 0): Promise<string> =>
  (
    await server.client.createFlowRun({
      deployment,
      ...(inSeconds === 0 ? {} : { scheduledTime: new Date(Date.now() + inSeconds * 1000) }),
    })
  ).id;

describe("slots", () => {
  test("are held by leases and by runs without one, queue by queue", async () => {
    await pool("slots", "default", "other");
    await server.client.updateWorkPool({ name: "slots", concurrencyLimit: 3 });
    const agent = server.session();
    const agentId = newId();
    await agent.hello({ workPoolName: "slots", agentId, name: "holder" });
    const first = await run("slots/other");
    agent.credit(1);
    await agent.leases();
    const second = await run("slots/default");
    agent.credit(1);
    await agent.leases();
    const slots = await slotsOf("slots");
    expect(slots).toMatchObject({
      concurrencyLimit: 3,
      slotsHeld: 2,
      queues: [
        {
          workQueueName: "default",
          priority: 1,
          slotsHeld: 1,
          concurrencyLimit: undefined,
          holders: [
            {
              flowRunId: second,
              state: { type: "STATE_TYPE_PENDING", name: "Pending" },
              agentName: "holder",
              stopping: false,
            },
          ],
        },
        { workQueueName: "other", priority: 2, slotsHeld: 1, holders: [{ flowRunId: first }] },
      ],
    });
    const since = slots.queues[0]?.holders[0]?.since?.getTime() ?? 0;
    expect((slots.now?.getTime() ?? 0) - since).toBeWithin(0, 60_000);

    // A cancelled run holds its slot until its process is gone.
    await server.database.pool.query(
      "update sluice.lease set revoking = 'cancelled', revoked_at = clock_timestamp() where flow_run_id = $1",
      [first],
    );
    // What has no lease, as a Prefect worker's, holds one too, since its state.
    await server.database.pool.query(
      `with ended as (update sluice.lease set ended_at = clock_timestamp() where flow_run_id = $1)
       update sluice.flow_run set leased = false where id = $1`,
      [second],
    );
    expect(await slotsOf("slots")).toMatchObject({
      slotsHeld: 2,
      queues: [
        { slotsHeld: 1, holders: [{ flowRunId: second, agentName: "" }] },
        { slotsHeld: 1, holders: [{ flowRunId: first, stopping: true }] },
      ],
    });
    agent.cut();
  });

  test("list at most as many holders as were asked for, those longest first", async () => {
    await pool("many", "default");
    const agent = server.session();
    await agent.hello({ workPoolName: "many" });
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      ids.push(await run("many/default"));
      agent.credit(1);
      await agent.leases();
    }
    const [queue] = (await slotsOf("many", 2)).queues;
    expect(queue?.slotsHeld).toBe(3);
    expect(queue?.holders.map(({ flowRunId }) => flowRunId)).toEqual(ids.slice(0, 2));
    expect(await rejection(slotsOf("many", 201))).toStartWith("3 INVALID_ARGUMENT");
    expect(await rejection(slotsOf("absent"))).toStartWith("5 NOT_FOUND");
    agent.cut();
  });
});

describe("the preview of runs", () => {
  test("has those within its hours, by priority and then by time, page by page", async () => {
    await pool("soon", "default", "second");
    const late = await run("soon/second");
    const inTwoHours = await run("soon/default", 7_200);
    const inHalfAnHour = await run("soon/default", 1_800);
    const due = await run("soon/default");
    const names = async (hours?: number): Promise<string[]> =>
      (await upcoming("soon", hours)).runs.map(({ flowRunId }) => flowRunId);
    expect(await names()).toEqual([due, inHalfAnHour, late]);
    expect(await names(0)).toEqual([due, late]);
    expect(await names(0.25)).toEqual([due, late]);
    expect(await names(3)).toEqual([due, inHalfAnHour, inTwoHours, late]);
    expect((await upcoming("soon", 0)).runs[1]).toMatchObject({
      flowName: "soon",
      deploymentName: "soon/second",
      workQueueName: "second",
      priority: 2,
      isHeldUp: false,
      state: { type: "STATE_TYPE_SCHEDULED" },
    });
    const seen: string[] = [];
    for (let pageToken = ""; ;) {
      const page = await upcoming("soon", 3, { pageSize: 1, pageToken });
      seen.push(...page.runs.map(({ flowRunId }) => flowRunId));
      pageToken = page.nextPageToken;
      if (pageToken === "") break;
    }
    expect(seen).toEqual([due, inHalfAnHour, inTwoHours, late]);
    await server.client.updateWorkPool({ name: "soon", isPaused: true });
    expect((await upcoming("soon")).runs.every(({ isHeldUp }) => isHeldUp)).toBeTrue();
  });

  test("refuses a window that is none, and a pool there is not", async () => {
    expect(await rejection(upcoming("soon", -1))).toStartWith("3 INVALID_ARGUMENT");
    expect(await rejection(upcoming("soon", Number.NaN))).toStartWith("3 INVALID_ARGUMENT");
    expect(await rejection(upcoming("absent"))).toStartWith("5 NOT_FOUND");
  });
});

describe("the preview of a job", () => {
  const template = JSON.stringify({
    job_configuration: {
      command: "{{ command }}",
      env: "{{ env }}",
      image: "{{ image }}",
      token: "{{ token }}",
      login: "{{ prefect_login }}",
    },
    variables: {
      type: "object",
      properties: {
        command: { type: "string" },
        env: { type: "object", default: { A: "pool", B: "pool" } },
        image: { type: "string", default: "plain" },
        token: { type: "string", format: "password" },
        prefect_login: { type: "string", default: "{{ prefect.variables.login }}" },
      },
      required: ["command"],
    },
  });

  test("tells each value and who gave it, and shows no secret", async () => {
    await server.client.createWorkPool({ name: "job", type: "x", baseJobTemplateJson: template });
    await server.client.applyDeployment({
      flowName: "job",
      name: "d",
      workPoolName: "job",
      jobVariablesJson: '{"command": "echo", "token": "hush-1", "env": {"A": "deployment"}}',
    });
    const answer = await preview("job", "job/d", '{"token": "hush-2", "env.C": "run"}');
    expect(JSON.stringify(answer)).not.toContain("hush");
    expect(JSON.parse(answer.jobConfigurationJson)).toEqual({
      command: "echo",
      env: { A: "deployment", B: "pool", C: "run" },
      image: "plain",
      token: "********",
      login: "{{ prefect.variables.login }}",
    });
    expect(answer.variables).toMatchObject([
      { name: "command", valueJson: '"echo"', origin: "VALUE_ORIGIN_DEPLOYMENT" },
      { name: "image", valueJson: '"plain"', origin: "VALUE_ORIGIN_POOL_DEFAULT" },
      { name: "token", valueJson: '"********"', origin: "VALUE_ORIGIN_FLOW_RUN", isSecret: true },
      { name: "prefect_login", origin: "VALUE_ORIGIN_POOL_DEFAULT" },
    ]);
    expect(answer.env.map(({ name, origin }) => [name, origin])).toEqual([
      ["A", "VALUE_ORIGIN_DEPLOYMENT"],
      ["B", "VALUE_ORIGIN_POOL_DEFAULT"],
      ["C", "VALUE_ORIGIN_FLOW_RUN"],
    ]);
    expect(answer.references).toEqual(["prefect.variables.login"]);
    expect(answer.refusal).toBe("");
  });

  test("says why such a run would be refused", async () => {
    const bare = await preview("job");
    expect(bare.refusal).toContain("command: is missing");
    expect(bare.variables[0]).toMatchObject({
      name: "command",
      valueJson: undefined,
      origin: "VALUE_ORIGIN_UNSET",
    });
    expect((await preview("job", "", '{"command": 7}')).refusal).toContain("must be string");
    expect(await rejection(preview("job", "", "{"))).toStartWith("3 INVALID_ARGUMENT");
    expect(await rejection(preview("job", "no/such"))).toStartWith("5 NOT_FOUND");
    expect(await rejection(preview("job", "no name"))).toStartWith("3 INVALID_ARGUMENT");
    expect(await rejection(preview("absent"))).toStartWith("5 NOT_FOUND");
  });
});

test("worker types are listed, and each has the template that a pool of it gets", async () => {
  const { workPools } = server.client;
  const { workerTypes } = await server.client.unary<{ workerTypes: { type: string }[] }>(
    (...rest) => workPools.listWorkerTypes({}, ...rest),
  );
  expect(workerTypes.map(({ type }) => type).slice(0, 3)).toEqual([
    ...["process", "docker", "kubernetes"],
  ]);
  for (const { type } of workerTypes) {
    const { baseJobTemplateJson } = await server.client.unary<{ baseJobTemplateJson: string }>(
      (...rest) => workPools.getDefaultBaseJobTemplate({ type }, ...rest),
    );
    const created = await server.client.createWorkPool({ name: `of ${type}`, type });
    expect(JSON.parse(created.baseJobTemplateJson)).toEqual(JSON.parse(baseJobTemplateJson));
  }
  const unknown = server.client.unary((...rest) =>
    workPools.getDefaultBaseJobTemplate({ type: "nomad" }, ...rest),
  );
  expect(await rejection(unknown)).toStartWith("3 INVALID_ARGUMENT");
});

test("a pool is found by its name before it is found by its id", async () => {
  const one = await server.client.createWorkPool({ name: "one", type: "process" });
  expect(await server.client.getWorkPool(one.id)).toEqual(one);
  const named = await server.client.createWorkPool({ name: one.id, type: "docker" });
  expect(await server.client.getWorkPool(one.id)).toEqual(named);
});

test("storage is kept until it is given anew, over gRPC as over REST", async () => {
  const blockId = newId();
  const storageConfiguration = {
    bundleUploadStepJson: '{"a":{"b":1}}',
    bundleExecutionStepJson: undefined,
    defaultResultStorageBlockId: blockId,
  };
  const fields = { name: "storage", type: "process", storageConfiguration };
  const created = await server.client.createWorkPool(fields);
  expect(created.storageConfiguration).toMatchObject(storageConfiguration);
  const update = (more: object) => server.client.updateWorkPool({ name: "storage", ...more });
  expect(await update({ description: "x" })).toMatchObject({ storageConfiguration });
  expect((await update({ storageConfiguration: {} })).storageConfiguration).toMatchObject({
    bundleUploadStepJson: undefined,
    defaultResultStorageBlockId: undefined,
  });
  for (const bad of [{ defaultResultStorageBlockId: "x" }, { bundleUploadStepJson: "[]" }]) {
    expect(await rejection(update({ storageConfiguration: bad }))).toStartWith(
      "3 INVALID_ARGUMENT",
    );
  }
});
