import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import {
  CreateWorkQueueRequest,
  type CreateWorkQueueResponse,
  ListWorkQueuesRequest,
  type ListWorkQueuesResponse,
  PreviewWorkQueueRunsRequest,
  type PreviewWorkQueueRunsResponse,
  PrioritizeWorkQueuesRequest,
  type PrioritizeWorkQueuesResponse,
  UpdateWorkQueueRequest,
  type UpdateWorkQueueResponse,
  type WorkQueue,
  type WorkQueueKey,
  WorkQueueServiceClient,
} from "#proto/sluice/v1/work_queue_service.ts";
import { newId } from "#shared/ids.ts";
import { rejection } from "#test/support/rejection.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let queues: WorkQueueServiceClient;
let pool = "";

beforeAll(async () => {
  server = await TestServer.start();
  queues = new WorkQueueServiceClient(server.address, credentials.createInsecure());
});

afterAll(async () => {
  queues.close();
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  pool = `pool-${newId()}`;
  await server.client.createWorkPool({ name: pool, type: "process" });
});

type Fields<Message extends { fromPartial: (fields: never) => unknown }> = Parameters<
  Message["fromPartial"]
>[0];

async function create(fields: Fields<typeof CreateWorkQueueRequest>): Promise<WorkQueue> {
  const request = CreateWorkQueueRequest.fromPartial({ workPoolName: pool, ...fields });
  const { workQueue } = await server.client.unary<CreateWorkQueueResponse>((...rest) =>
    queues.createWorkQueue(request, ...rest),
  );
  if (workQueue === undefined) throw new Error("no queue was sent");
  return workQueue;
}

function list(fields: Fields<typeof ListWorkQueuesRequest>): Promise<ListWorkQueuesResponse> {
  const request = ListWorkQueuesRequest.fromPartial(fields);
  return server.client.unary((...rest) => queues.listWorkQueues(request, ...rest));
}

function update(fields: Fields<typeof UpdateWorkQueueRequest>): Promise<UpdateWorkQueueResponse> {
  const request = UpdateWorkQueueRequest.fromPartial(fields);
  return server.client.unary((...rest) => queues.updateWorkQueue(request, ...rest));
}

function preview(
  fields: Fields<typeof PreviewWorkQueueRunsRequest>,
): Promise<PreviewWorkQueueRunsResponse> {
  const request = PreviewWorkQueueRunsRequest.fromPartial(fields);
  return server.client.unary((...rest) => queues.previewWorkQueueRuns(request, ...rest));
}

const byId = ({ id }: WorkQueue): WorkQueueKey => ({ key: { $case: "id", value: id } });
const byName = (name: string): WorkQueueKey => ({
  key: { $case: "name", value: { workPoolName: pool, name } },
});

test("a queue is named by its id or by pool and name; anything else is refused by the field", async () => {
  const { id } = await create({ name: "q", concurrencyLimit: 3 });
  const changed = await update({ key: byName("q"), description: "new", priority: 7 });
  expect(changed.workQueue).toMatchObject({
    id,
    description: "new",
    priority: 7,
    concurrencyLimit: 3,
  });
  const cleared = await update({
    key: { key: { $case: "id", value: id.toUpperCase() } },
    name: "r",
    clearConcurrencyLimit: true,
  });
  expect(cleared.workQueue).toMatchObject({ id, name: "r", concurrencyLimit: undefined });
  for (const [key, message] of [
    [undefined, "key: it is missing"],
    [{ key: { $case: "id", value: "q" } }, "key.id: 'q' is not a UUID"],
    [byName(""), "key.name.name: it is empty"],
    [byName("q"), `There is no work queue 'q' in work pool '${pool}'`],
  ] as const) {
    expect(await rejection(update({ key }))).toContain(message);
  }
  const both = update({ key: byName("r"), concurrencyLimit: 1, clearConcurrencyLimit: true });
  expect(await rejection(both)).toContain("not together with concurrency_limit");
});

describe("lists of queues", () => {
  test("go on where the page before ended, though others come meanwhile; a pool's come by priority", async () => {
    const prefix = newId();
    for (const name of ["d", "a", "c", "b"]) await create({ name: `${prefix}-${name}` });
    const pages = async (workPoolName: string): Promise<string[]> => {
      const names: string[] = [];
      let pageToken = "";
      do {
        const request = { workPoolName, namePrefix: prefix, pageSize: 2, pageToken };
        const page = await list(request);
        names.push(...page.workQueues.map(({ name }) => name.slice(-1)));
        pageToken = page.nextPageToken;
        // One that comes to stand before the page changes nothing behind it.
        await create({ name: `0-${newId()}`, priority: 1 });
      } while (pageToken !== "");
      return names;
    };
    expect(await pages("")).toEqual(["a", "b", "c", "d"]);
    const byPriority = await list({ workPoolName: pool, namePrefix: prefix });
    expect(byPriority.workQueues.map(({ name }) => name.slice(-1))).toEqual(["d", "a", "c", "b"]);
    expect(await rejection(list({ workPoolName: "nowhere" }))).toContain("'nowhere'");
    expect(await rejection(list({ pageToken: "x" }))).toContain("page_token");
  });
});

test("several queues are moved at once, and all of the pool are answered", async () => {
  const [a, b] = [await create({ name: "a" }), await create({ name: "b" })];
  const request = PrioritizeWorkQueuesRequest.fromPartial({
    workPoolName: pool,
    priorities: [
      { workQueueId: b.id, priority: 1 },
      { workQueueId: a.id.toUpperCase(), priority: 9 },
      { workQueueId: "none", priority: 2 },
    ],
  });
  const prioritize = () =>
    server.client.unary<PrioritizeWorkQueuesResponse>((...rest) =>
      queues.prioritizeWorkQueues(request, ...rest),
    );
  const { workQueues } = await prioritize();
  const places = workQueues.map(({ name, priority }) => [name, priority]);
  expect(places).toEqual([
    ["b", 1],
    ["default", 2],
    ["a", 9],
  ]);
  expect((await prioritize()).workQueues.map(({ name, priority }) => [name, priority])).toEqual(
    places,
  );
});

test("a preview takes no run, goes page by page, and can leave out what is held back", async () => {
  const queue = await create({ name: "q" });
  await server.client.applyDeployment({
    flowName: "flow",
    name: pool,
    workPoolName: pool,
    workQueueName: "q",
    jobVariablesJson: '{"command": "true"}',
  });
  const ids: string[] = [];
  for (const seconds of [0, 60, 7200]) {
    const scheduledTime = new Date(Date.now() + seconds * 1000);
    const run = await server.client.createFlowRun({ deployment: `flow/${pool}`, scheduledTime });
    ids.push(run.id);
  }
  const key = byId(queue);
  const first = await preview({ key, windowSeconds: 600, pageSize: 1 });
  expect(first.flowRuns.map(({ id }) => id)).toEqual([ids[0] ?? ""]);
  const second = await preview({
    key,
    windowSeconds: 600,
    pageSize: 1,
    pageToken: first.nextPageToken,
  });
  expect(second.flowRuns.map(({ id }) => id)).toEqual([ids[1] ?? ""]);
  expect(second.nextPageToken).toBe("");
  await update({ key, concurrencyLimit: 0 });
  expect((await preview({ key, windowSeconds: 9000, deliverableOnly: true })).flowRuns).toEqual([]);
  expect((await preview({ key, windowSeconds: 9000 })).flowRuns).toHaveLength(3);
  expect(await rejection(preview({ key, windowSeconds: -1 }))).toContain("window_seconds: -1");
  expect(await rejection(preview({ key, pageToken: first.nextPageToken, pageSize: -1 }))).toContain(
    "page_size",
  );
});
