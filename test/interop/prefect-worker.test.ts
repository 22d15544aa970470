import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Subprocess } from "bun";
import { eventually } from "#test/support/eventually.ts";
import { at } from "#test/support/json-value.ts";
import { PrefectClient } from "#test/support/prefect-client.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
let prefect: PrefectClient;
let worker: Subprocess | undefined;

const FLOW = `
from prefect import flow, get_run_logger

@flow
def hello(name: str = "nobody"):
    get_run_logger().info("hello %s", name)
    return name

@flow(retries=1)
def second_time():
    from prefect.runtime import flow_run
    if flow_run.run_count == 1:
        raise ValueError("the first time fails")

@flow
def never():
    raise ValueError("fails")

@flow
def long():
    import threading
    threading.Event().wait(60)
`;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
  prefect = await PrefectClient.create(server.url);
  prefect.write("flows.py", FLOW);
  await server.client.createWorkPool({ name: "p", type: "process" });
}, 300_000);

afterAll(async () => {
  worker?.kill("SIGKILL");
  prefect[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

async function deployRun(flow: string, parameters: object = {}): Promise<string> {
  await server.client.applyDeployment({
    flowName: flow.replaceAll("_", "-"),
    name: "d",
    entrypoint: `flows.py:${flow}`,
    pullStepsJson: JSON.stringify([
      {
        "prefect.deployments.steps.set_working_directory": {
          directory: `${prefect.directory}/flows`,
        },
      },
    ]),
    workPoolName: "p",
  });
  const { id } = await server.client.createFlowRun({
    deployment: `${flow.replaceAll("_", "-")}/d`,
    parametersJson: JSON.stringify(parameters),
  });
  return id;
}

const work = (): ReturnType<PrefectClient["run"]> =>
  prefect.run("prefect", "worker", "start", "--pool", "p", "--type", "process", "--run-once");

test("an unmodified Prefect worker runs what is deployed into a pool, to COMPLETED, with its lines", async () => {
  const id = await deployRun("hello", { name: "sluice" });
  const { exitCode, output } = await work();
  const { body } = await rest.get(`/flow_runs/${id}`);
  expect({ exitCode, state: at(body, "state_type"), output }).toEqual({
    exitCode: 0,
    state: "COMPLETED",
    output: expect.any(String),
  });
  expect(body).toMatchObject({ run_count: 1, infrastructure_pid: expect.any(String) });
  expect(at(body, "labels", "prefect.work-pool.name")).toBe("p");
  const logs = await rest.post("/logs/filter", { logs: { flow_run_id: { any_: [id] } } });
  expect(JSON.stringify(logs.body)).toContain("hello sluice");
  const workers = await rest.post("/work_pools/p/workers/filter", {});
  expect(at(workers.body, 0, "status")).toBe("ONLINE");
}, 120_000);

test("a flow that fails is tried again by its engine, and FAILED where it has no retries", async () => {
  const [again, fails] = [await deployRun("second_time"), await deployRun("never")];
  const { output } = await work();
  const state = async (id: string): Promise<unknown> =>
    at((await rest.get(`/flow_runs/${id}`)).body, "state_type");
  expect({ again: await state(again), fails: await state(fails), output }).toEqual({
    again: "COMPLETED",
    fails: "FAILED",
    output: expect.any(String),
  });
  expect(at((await rest.get(`/flow_runs/${again}`)).body, "run_count")).toBe(2);
}, 120_000);

test("trap 11: a push pool refuses a worker that asks for its type, and serves one that says its own", async () => {
  await rest.post("/work_pools/", { name: "pushed", type: "foo:push" });
  const start = ["worker", "start", "--pool", "pushed", "--run-once"];
  const asks = await prefect.run("prefect", ...start);
  expect(asks.exitCode).toBe(1);
  expect(asks.output.replaceAll(/\s+/g, " ")).toContain("not required for push work pools");
  const says = await prefect.run("prefect", ...start, "--type", "process");
  expect(says).toMatchObject({ exitCode: 0 });
  expect((await rest.post("/work_pools/pushed/workers/filter", {})).body).toHaveLength(1);
}, 120_000);

test("workers share a pool's limit, and the run of a worker is cancelled by the command line", async () => {
  await rest.patch("/work_pools/p", { concurrency_limit: 1 });
  const [first, second] = [await deployRun("long"), await deployRun("hello")];
  worker = prefect.start("prefect", "worker", "start", "--pool", "p", "--type", "process");
  const type = async (id: string): Promise<unknown> =>
    at((await rest.get(`/flow_runs/${id}`)).body, "state_type");
  await eventually(async () => (await type(first)) === "RUNNING", { timeoutMs: 60_000 });
  expect(await type(second)).toBe("SCHEDULED");
  const { exitCode, output } = await prefect.run("prefect", "flow-run", "cancel", first);
  expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.any(String) });
  await eventually(async () => (await type(first)) === "CANCELLED", { timeoutMs: 60_000 });
  await eventually(async () => (await type(second)) === "COMPLETED", { timeoutMs: 60_000 });
  await rest.patch("/work_pools/p", { concurrency_limit: null });
  worker.kill("SIGTERM");
  await worker.exited;
}, 240_000);

test("the command line lists runs and their lines, and inspects them", async () => {
  const id = await deployRun("hello", { name: "listed" });
  await work();
  const listed = await prefect.run("prefect", "flow-run", "ls", "--limit", "5");
  expect(listed.output).toContain(id);
  const lines = await prefect.run("prefect", "flow-run", "logs", id);
  expect(lines.output).toContain("hello listed");
  const inspected = await prefect.run("prefect", "flow-run", "inspect", id);
  expect(inspected.output).toContain("COMPLETED");
  const deleted = await prefect.run("prefect", "--no-prompt", "flow-run", "delete", id);
  expect(deleted.exitCode).toBe(0);
  expect((await rest.get(`/flow_runs/${id}`)).status).toBe(404);
}, 120_000);
