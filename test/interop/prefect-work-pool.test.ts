import { afterAll, beforeAll, expect, test } from "bun:test";
import { CliOnServer } from "#test/support/cli-on-server.ts";
import { at } from "#test/support/json-value.ts";
import { PrefectClient } from "#test/support/prefect-client.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
let prefect: PrefectClient;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
  prefect = await PrefectClient.create(server.url);
}, 300_000);

afterAll(async () => {
  prefect[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

/** What a command of `prefect work-pool` prints. Throws if it fails. */
async function pool(...words: string[]): Promise<string> {
  const { exitCode, output } = await prefect.run("prefect", "work-pool", ...words);
  if (exitCode !== 0) throw new Error(`${words.join(" ")} ended with ${exitCode}: ${output}`);
  return output;
}

const read = async (name: string): Promise<unknown> => (await rest.get(`/work_pools/${name}`)).body;

test("the unmodified command line of Prefect manages work pools", async () => {
  expect(await pool("create", "p", "--type", "process")).toContain("'p'");
  expect(await read("p")).toMatchObject({ type: "process", status: "NOT_READY" });
  expect(await read("p")).toHaveProperty("base_job_template.variables.properties.env");
  const again = await prefect.run("prefect", "work-pool", "create", "p", "--type", "process");
  expect(again).toMatchObject({ exitCode: 1, output: expect.stringContaining("already exists") });
  await pool("create", "p", "--type", "process", "--overwrite", "--paused");
  expect(await read("p")).toMatchObject({ is_paused: true, status: "PAUSED" });

  await pool("resume", "p");
  await pool("update", "p", "--description", "words", "--concurrency-limit", "4");
  expect(await read("p")).toMatchObject({ description: "words", concurrency_limit: 4 });
  await pool("set-concurrency-limit", "p", "0");
  expect(await pool("ls")).toMatch(/p +│ +process +│.+│ +0 /);
  await pool("clear-concurrency-limit", "p");
  expect(await read("p")).toMatchObject({ is_paused: false, concurrency_limit: null });
  expect(JSON.parse(await pool("inspect", "p", "-o", "json"))).toMatchObject({
    name: "p",
    description: "words",
    status: "NOT_READY",
  });
  await pool("delete", "p");
  const gone = await prefect.run("prefect", "work-pool", "inspect", "p");
  expect(gone).toMatchObject({ exitCode: 1, output: expect.stringContaining("not found") });
}, 300_000);

test("it offers our worker types, and creates a pool of each kind", async () => {
  for (const type of ["docker", "kubernetes", "cloud-run:push"]) {
    await pool("create", `of ${type}`, "--type", type);
    expect(await read(`of ${type}`)).toMatchObject({ type });
    expect(await read(`of ${type}`)).toHaveProperty("base_job_template.job_configuration.env");
  }
  const unknown = await prefect.run("prefect", "work-pool", "create", "x", "--type", "nomad");
  expect(unknown).toMatchObject({ exitCode: 1, output: expect.stringContaining("docker") });
}, 300_000);

test("it shows slots and previews", async () => {
  await pool("create", "busy", "--type", "process");
  await server.client.applyDeployment({
    flowName: "f",
    name: "d",
    workPoolName: "busy",
    jobVariablesJson: '{"command": "true"}',
  });
  const waiting = await server.client.createFlowRun({ deployment: "f/d" });
  expect(await pool("preview", "busy", "-o", "json")).toContain(waiting.id);
  const agent = server.session();
  await agent.hello({ workPoolName: "busy" });
  agent.credit(1);
  const [lease] = await agent.leases();
  // What nobody accepts in time goes back to the queue.
  agent.say({ $case: "accepted", value: { refs: lease?.ref === undefined ? [] : [lease.ref] } });
  const slots: unknown = JSON.parse(await pool("slots", "busy", "-o", "json"));
  expect(JSON.stringify(slots)).toContain(waiting.id);
  expect(at(slots, "active_slots")).toBe(1);
  expect(await pool("slots", "busy")).toContain(waiting.name);
  agent.cut();
}, 300_000);

test("it configures the storage of a pool just as our command line does", async () => {
  const folder = new TemporaryDirectory("interop storage");
  const cli = new CliOnServer(server, folder.path);
  for (const name of ["theirs", "ours"]) {
    await server.client.createWorkPool({ name, type: "process" });
  }
  const steps = async (name: string): Promise<unknown[]> => {
    const storage = at(await read(name), "storage_configuration");
    return [at(storage, "bundle_upload_step"), at(storage, "bundle_execution_step")];
  };
  const flags = [
    ["--bucket", "b"],
    ["--bucket", "b", "--launcher", "python", "--upload-launcher-arg=-I"],
  ];
  for (const words of flags) {
    await pool("storage", "configure", "s3", "theirs", ...words);
    await cli.json("work-pool", "storage", "configure", "s3", "ours", ...words);
    expect(await steps("ours")).toEqual(await steps("theirs"));
    const block = async (name: string): Promise<unknown> => {
      const id = at(await read(name), "storage_configuration", "default_result_storage_block_id");
      return (await rest.get(`/block_documents/${String(id)}`)).body;
    };
    expect(at(await block("ours"), "name")).toBe("default-ours-result-storage");
    expect(at(await block("theirs"), "name")).toBe("default-theirs-result-storage");
    expect(at(await block("ours"), "data", "bucket_name")).toBe("b");
    expect(at(await block("theirs"), "data", "bucket_name")).toBe("b");
  }
  const shown = await pool("storage", "inspect", "ours", "-o", "json");
  expect(JSON.parse(shown)).toMatchObject({ type: "S3", upload: { bucket: "b" } });
  folder[Symbol.dispose]();
}, 300_000);
