import { afterAll, beforeAll, expect, test } from "bun:test";
import { at } from "#test/support/json-value.ts";
import { PrefectClient } from "#test/support/prefect-client.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
let prefect: PrefectClient;

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
`;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
  prefect = await PrefectClient.create(server.url);
  prefect.write("flows.py", FLOW);
  await server.client.createWorkPool({ name: "p", type: "process" });
}, 300_000);

afterAll(async () => {
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
