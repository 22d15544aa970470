import { afterAll, beforeAll, expect, test } from "bun:test";
import { at } from "#test/support/json-value.ts";
import { PrefectClient } from "#test/support/prefect-client.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
let prefect: PrefectClient;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
  prefect = await PrefectClient.create(server.url);
  await server.client.createWorkPool({ name: "p", type: "process" });
}, 300_000);

afterAll(async () => {
  prefect[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

/** What a command of `prefect work-queue` prints. Throws if it fails. */
async function queue(...words: string[]): Promise<string> {
  const { exitCode, output } = await prefect.run("prefect", "work-queue", ...words);
  if (exitCode !== 0) throw new Error(`${words.join(" ")} ended with ${exitCode}: ${output}`);
  return output;
}

const read = async (name: string): Promise<unknown> =>
  (await rest.get(`/work_pools/p/queues/${name}`)).body;

test("the unmodified command line of Prefect manages work queues", async () => {
  expect(await queue("create", "q", "--pool", "p", "-q", "1", "--limit", "3")).toContain("q");
  expect(await read("q")).toMatchObject({ priority: 1, concurrency_limit: 3 });
  expect(await read("default")).toMatchObject({ priority: 2 });
  expect(await queue("ls", "--pool", "p")).toContain("default");
  expect(await queue("ls")).toContain("p");

  await queue("pause", "q", "--pool", "p");
  expect(await read("q")).toMatchObject({ is_paused: true, status: "PAUSED" });
  await queue("resume", "q", "--pool", "p");
  await queue("set-concurrency-limit", "q", "0", "--pool", "p");
  expect(await read("q")).toMatchObject({ is_paused: false, concurrency_limit: 0 });
  await queue("clear-concurrency-limit", "q", "--pool", "p");
  expect(await read("q")).toMatchObject({ concurrency_limit: null });

  await server.client.applyDeployment({
    flowName: "f",
    name: "d",
    workPoolName: "p",
    workQueueName: "q",
    jobVariablesJson: '{"command": "true"}',
  });
  const { id } = await server.client.createFlowRun({ deployment: "f/d" });
  expect(await queue("read-runs", "q", "--pool", "p")).toContain("1");
  expect(await queue("preview", "q", "--pool", "p", "-o", "json")).toContain(id);
  const shown: unknown = JSON.parse(await queue("inspect", "q", "--pool", "p", "-o", "json"));
  expect(shown).toMatchObject({ name: "q", status_details: { healthy: true } });
  expect(await queue("inspect", String(at(shown, "id")))).toContain("q");
  expect(await queue("slots", "q", "--pool", "p")).toContain("0");

  await queue("delete", "q", "--pool", "p");
  const gone = await prefect.run("prefect", "work-queue", "inspect", "q", "--pool", "p");
  expect(gone).toMatchObject({ exitCode: 1, output: expect.stringContaining("q") });
  const kept = await prefect.run("prefect", "work-queue", "delete", "default", "--pool", "p");
  expect(kept.exitCode).toBe(1);
  expect((await rest.get("/work_pools/p/queues/default")).status).toBe(200);

  await queue("create", "old");
  expect((await rest.get("/work_queues/name/old")).body).toMatchObject({
    work_pool_name: "default-agent-pool",
  });
  await queue("delete", "old");
}, 300_000);
