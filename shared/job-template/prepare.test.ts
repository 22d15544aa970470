import { describe, expect, test } from "bun:test";
import type { JsonObject } from "#shared/json.ts";
import { defaultBaseJobTemplate } from "#shared/worker-types/worker-types.ts";
import { type JobContext, type PreparedJob, prepareJob } from "./prepare.ts";

const CONTEXT: JobContext = {
  flowRunId: "run-1",
  flowRunName: "able-otter",
  flowId: "flow-1",
  flowName: "etl",
  deploymentId: null,
  deploymentName: null,
  workPoolName: "pool",
  agentName: "agent",
  version: "0.1.0",
  epoch: 4,
  attempt: 2,
  parameters: { day: "monday" },
  settings: { SLUICE_API_URL: "http://127.0.0.1:4200" },
};

function prepare(jobVariables: JsonObject, context: Partial<JobContext> = {}): PreparedJob {
  return prepareJob(
    {
      baseJobTemplate: defaultBaseJobTemplate("process"),
      deploymentJobVariables: {},
      jobVariables,
      environment: () => undefined,
    },
    { ...CONTEXT, ...context },
  );
}

describe("the environment of a job", () => {
  test("tells which run, attempt and flow it is, and leaves out what there is not", () => {
    expect(prepare({}).env).toEqual({
      SLUICE_API_URL: "http://127.0.0.1:4200",
      SLUICE_FLOW_RUN_ID: "run-1",
      SLUICE_FLOW_RUN_NAME: "able-otter",
      SLUICE_FLOW_ID: "flow-1",
      SLUICE_FLOW_NAME: "etl",
      SLUICE_AGENT_NAME: "agent",
      SLUICE_EPOCH: "4",
      SLUICE_ATTEMPT: "2",
    });
  });

  test("lets the user win, and takes away what the user set to null", () => {
    const job = prepare({
      env: { SLUICE_API_URL: "http://proxy", HOME: null, SLUICE_EPOCH: null },
    });
    expect(job.env["SLUICE_API_URL"]).toBe("http://proxy");
    expect(job.env).not.toHaveProperty("SLUICE_EPOCH");
    expect(job.unsetEnv.toSorted()).toEqual(["HOME", "SLUICE_EPOCH"]);
  });

  test("holds texts only", () => {
    expect(prepare({ env: { N: 8080, B: true, O: { a: 1 } } }).env).toMatchObject({
      N: "8080",
      B: "true",
      O: '{"a":1}',
    });
  });

  test("refuses a name no environment can have", () => {
    expect(() => prepare({ env: { "A=B": "1" } })).toThrow(
      "'A=B' cannot name an environment variable",
    );
  });
});

describe("a job's name", () => {
  test("is the run's unless one is given", () => {
    expect(prepare({}).name).toBe("able-otter");
    expect(prepare({ name: "mine" }).name).toBe("mine");
  });

  test.each([
    ["{{ ctx.flow.name }}-{{ ctx.flow_run.parameters.day }}", "etl-monday"],
    ["{{ ctx.flow_run.nope }}-x", "-x"],
    ["{{ ctx.flow_run.nope }}", "{{ ctx.flow_run.nope }}"],
  ])("is rendered from flow and run: %p", (name, rendered) => {
    expect(prepare({ name }).name).toBe(rendered);
  });
});

test("labels say whose job it is, and the user's win", () => {
  const { labels } = prepare({ labels: { "sluice.io/flow-name": "other", team: "data" } });
  expect(labels).toMatchObject({
    "sluice.io/flow-run-id": "run-1",
    "sluice.io/epoch": "4",
    "sluice.io/flow-name": "other",
    team: "data",
  });
  expect(labels).not.toHaveProperty("sluice.io/deployment-id");
});

test("an empty command is none, and the driver's own settings are passed on", () => {
  const job = prepare({ command: "", working_dir: "/srv" });
  expect(job.command).toBeNull();
  expect(job.settings).toEqual({ stream_output: true, working_dir: "/srv" });
});

test("a wrong type names the key", () => {
  expect(() => prepare({ command: ["a"] })).toThrow(
    'job_configuration.command: must be a text, not ["a"]',
  );
  expect(() => prepare({ env: "A=1" })).toThrow(
    "job_configuration.env: must be an object of texts",
  );
});

test("a reference nobody can resolve is refused before anything starts", () => {
  expect(() => prepare({ env: { KEY: "{{ prefect.blocks.secret.key }}" } })).toThrow(
    "job_configuration.env: refers to the block 'prefect.blocks.secret.key'",
  );
});
