import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type DeploymentView, getDeployment, listDeployments } from "#server/store/deployments.ts";
import { getFlowRuns } from "#server/store/flow-runs.ts";
import {
  applyDeployment,
  type ApplyDeploymentInput,
} from "#server/transitions/apply-deployment.ts";
import { createFlowRuns } from "#server/transitions/create-flow-runs.ts";
import { deleteDeployment } from "#server/transitions/delete-deployment.ts";
import { AppError } from "#shared/errors.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { refusal } from "#test/support/refusal.ts";

let world: LeaseWorld;
beforeAll(async () => {
  world = await LeaseWorld.create();
}, 60_000);
afterAll(() => world.database.drop());

const PLAIN: ApplyDeploymentInput = {
  flowName: "etl",
  name: "daily",
  description: "",
  version: "",
  entrypoint: "",
  parameters: "",
  parameterSchema: "",
  enforceParameterSchema: true,
  jobVariables: "",
  pullSteps: "",
  tags: [],
  workPoolName: "",
  workQueueName: "",
  retries: 0,
  retryDelaySeconds: 0,
};
const apply = (input: Partial<ApplyDeploymentInput>) =>
  applyDeployment(world.ctx, { ...PLAIN, ...input });

async function view(idOrName: string): Promise<DeploymentView> {
  const deployment = await getDeployment(world.database.pool, idOrName);
  if (deployment === undefined) throw new Error(`no deployment ${idOrName}`);
  return deployment;
}

describe("applying a deployment", () => {
  test("creates flow and queue, keeps every field, and is found by id and by name", async () => {
    const { id, created } = await apply({
      description: "d",
      version: "7",
      entrypoint: "flow.py:main",
      parameters: '{"big": 12345678901234567890}',
      parameterSchema: '{"type": "object", "required": ["day"]}',
      jobVariables: '{"env": {"A": "1"}}',
      pullSteps: '[{"step": {"directory": "/x"}}]',
      tags: ["a", "b", "a"],
      workPoolName: "local",
      workQueueName: "high",
      retries: 2,
      retryDelaySeconds: 1.5,
    });
    expect(created).toBe(true);
    const byName = await view("etl/daily");
    expect(byName).toMatchObject({
      id,
      flowName: "etl",
      name: "daily",
      description: "d",
      version: "7",
      entrypoint: "flow.py:main",
      parameters: '{"big": 12345678901234567890}',
      enforceParameterSchema: true,
      tags: ["a", "b"],
      workPoolName: "local",
      workQueueName: "high",
      retries: 2,
      retryDelaySeconds: 1.5,
    });
    expect(JSON.parse(byName.pullSteps ?? "")).toEqual([{ step: { directory: "/x" } }]);
    expect(await view(id)).toEqual(byName);
  });

  test("replaces all fields of the one of the same flow and name, and keeps its id", async () => {
    const { id } = await apply({
      name: "twice",
      description: "old",
      tags: ["x"],
      workPoolName: "local",
    });
    expect(await apply({ name: "twice" })).toEqual({ id, created: false });
    expect(await view(id)).toMatchObject({
      description: null,
      tags: [],
      parameters: "{}",
      pullSteps: null,
      workPoolName: null,
      workQueueName: null,
    });
  });

  test("is the same as once when many do it at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        apply({ flowName: "raced", workPoolName: "local", workQueueName: "raced" }),
      ),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
  });

  test("goes into the pool's default queue unless another is named", async () => {
    await apply({ name: "unnamed", workPoolName: "local" });
    expect((await view("etl/unnamed")).workQueueName).toBe("default");
  });

  test.each([
    [{ flowName: "a/b" }, "flow_name: 'a/b' contains '/'"],
    [{ name: " " }, "name: ' ' is empty"],
    [{ parameters: '{"a": }' }, "parameters_json: not JSON: line 1, column 7"],
    [{ parameters: "[]" }, "parameters_json: holds an array"],
    [{ parameters: `{"a": "${"x".repeat(524_288)}"}` }, "at most 524288 (512 KiB)"],
    [{ parameterSchema: '{"type": "objekt"}' }, "parameter_schema_json: not a valid JSON Schema"],
    [{ jobVariables: '"x"' }, "job_variables_json: holds a string"],
    [{ pullSteps: "{}" }, "pull_steps_json: holds an object"],
    [{ retries: -1 }, "retries: -1 is out of range"],
    [{ retryDelaySeconds: 1e14 }, "retry_delay_seconds: 100000000000000 is out of range"],
    [{ retryDelaySeconds: Number.NaN }, "retry_delay_seconds: NaN is out of range"],
    [{ workQueueName: "q" }, "work_queue_name: 'q' is in no pool"],
    [{ workPoolName: "nope" }, "there is no work pool 'nope'"],
    [{ workPoolName: "local", workQueueName: "a%" }, "work_queue_name: 'a%' contains '%'"],
    [
      { parameterSchema: '{"properties": {"a": {"type": "integer"}}}', parameters: '{"a": "1"}' },
      "parameters_json.a: must be integer",
    ],
    [
      { workPoolName: "local", jobVariables: '{"command": ["a"]}' },
      "job_variables_json.command: must be string",
    ],
    [
      { workPoolName: "local", jobVariables: '{"env.PORT": 80}' },
      "job_variables_json.env.PORT: must be string",
    ],
  ])("is refused and stores nothing: %#", async (input, message) => {
    expect((await refusal(apply({ flowName: "refused", ...input }))).message).toContain(message);
    const filter = { flowName: "refused", workPoolName: null, limit: 1, after: null };
    expect(await listDeployments(world.database.pool, filter)).toEqual([]);
    const { rowCount } = await world.database.pool.query(
      "select from sluice.flow where name = 'refused'",
    );
    expect(rowCount).toBe(0);
  });

  test("accepts what the run may still bring, unknown variables, and any schema it does not enforce", async () => {
    const parameterSchema = '{"required": ["day"], "properties": {"day": {"type": "string"}}}';
    await apply({ name: "later", parameterSchema });
    await apply({ name: "unknown", workPoolName: "local", jobVariables: '{"no_such": 1}' });
    await apply({ name: "loose", parameterSchema: '{"type": 3}', enforceParameterSchema: false });
  });
});

describe("the first run shows", () => {
  const createRun = async (deployment: string, parameters: string, jobVariables = "") => {
    const [answer] = await createFlowRuns(world.ctx, [
      {
        deployment,
        name: null,
        parameters,
        jobVariables,
        tags: [],
        idempotencyKey: null,
        scheduledTime: null,
        workQueueName: null,
      },
    ]);
    if (answer === undefined) throw new Error("no answer");
    if (answer instanceof AppError) throw answer;
    return answer.flowRunId;
  };

  test("parameters that are missing, and keeps every digit of those that are not", async () => {
    await apply({
      name: "params",
      workPoolName: "local",
      jobVariables: '{"command": "true"}',
      parameters: '{"id": 12345678901234567890}',
      parameterSchema: '{"required": ["day"]}',
    });
    expect(await refusal(createRun("etl/params", ""))).toMatchObject({
      reason: "parameters_invalid",
      violations: [{ field: "parameters.day" }],
    });
    const id = await createRun("etl/params", '{"day": "monday"}');
    const [run] = await getFlowRuns(world.database.pool, [id], world.ctx.numbers);
    expect(run?.parameters).toBe('{"id":12345678901234567890,"day":"monday"}');
  });

  test("job variables that its pool does not allow", async () => {
    await apply({
      name: "variables",
      workPoolName: "local",
      jobVariables: '{"command": "true"}',
    });
    const wrong = createRun("etl/variables", "", '{"env.PORT": 80}');
    expect(await refusal(wrong)).toMatchObject({
      reason: "invalid_argument",
      violations: [{ field: "job_variables_json.env.PORT", description: "must be string" }],
    });
    await createRun("etl/variables", "", '{"env.PORT": "80"}');
  });

  test("that there is nothing to run", async () => {
    await apply({ name: "nothing", workPoolName: "local" });
    expect((await refusal(createRun("etl/nothing", ""))).message).toContain(
      "there is nothing to run",
    );
  });
});

test("deployments are listed by flow and name, page after page, and by flow or pool", async () => {
  for (const name of ["b", "a", "c"])
    await apply({ flowName: "list1", name, workPoolName: "local" });
  await apply({ flowName: "list2", name: "a" });
  const { pool } = world.database;
  const none = { flowName: null, workPoolName: null, after: null };
  const names = (deployments: readonly DeploymentView[]) =>
    deployments.map(({ flowName, name }) => `${flowName}/${name}`);
  const inFlow = await listDeployments(pool, { ...none, flowName: "list1", limit: 2 });
  expect(names(inFlow)).toEqual(["list1/a", "list1/b"]);
  const after = { flowName: "list1", name: "b" };
  const next = await listDeployments(pool, { ...none, after, limit: 2 });
  expect(names(next)).toEqual(["list1/c", "list2/a"]);
  const inPool = await listDeployments(pool, { ...none, workPoolName: "local", limit: 200 });
  expect(names(inPool)).not.toContain("list2/a");
  expect(names(inPool)).toContain("list1/a");
});

test("deleting a deployment takes its waiting runs that never ran, and leaves the others", async () => {
  const world = await LeaseWorld.create();
  await world.deploy("doomed");
  const agent = await world.hello();
  const [held, waiting, retried] = await world.createRuns(3, 0, "work/doomed");
  const [future] = await world.createRuns(1, 3600, "work/doomed");
  const leases = await world.claim(agent, 1);
  expect(leases.map(({ flowRunId }) => flowRunId)).toEqual([held ?? ""]);
  await world.database.pool.query("update sluice.flow_run set run_count = 1 where id = $1", [
    retried,
  ]);
  const told: string[] = [];
  const stop = world.ctx.wakeUps.on("flowRun", (id) => told.push(id));

  await deleteDeployment(world.ctx, "work/doomed");

  stop();
  expect(told.toSorted()).toEqual([waiting ?? "", future ?? ""].toSorted());
  const ids = [held, waiting, retried, future].map((id) => id ?? "");
  const left = await getFlowRuns(world.database.pool, ids, world.ctx.numbers);
  expect(left.map(({ id, deploymentName }) => [id, deploymentName])).toEqual([
    [held ?? "", null],
    [retried ?? "", null],
  ]);
  expect(await refusal(deleteDeployment(world.ctx, "work/doomed"))).toMatchObject({
    reason: "not_found",
  });
  expect((await refusal(deleteDeployment(world.ctx, "doomed"))).message).toContain(
    "id_or_name: 'doomed' is neither an id nor of the form FLOW/DEPLOYMENT",
  );
  await world.database.drop();
});
