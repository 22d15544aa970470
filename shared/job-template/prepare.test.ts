import { describe, expect, test } from "bun:test";
import { isJsonObject, type JsonObject } from "#shared/json.ts";
import { defaultBaseJobTemplate } from "#shared/worker-types/worker-types.ts";
import { type JobContext, type PreparedJob, prepareJob } from "./prepare.ts";
import { resolveJobConfiguration, type TemplateInput } from "./resolve.ts";

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
    "job_configuration.command: must be a text, not an array",
  );
  expect(() => prepare({ env: "A=1" })).toThrow(
    "job_configuration.env: must be an object of texts",
  );
});

test("a reference nobody can resolve is refused before anything starts", () => {
  expect(() => prepare({ env: { KEY: "{{ prefect.blocks.secret.key }}" } })).toThrow(
    "job_configuration.env: refers to 'prefect.blocks.secret.key': the control plane did not send it",
  );
});

describe("what is easily done wrong", () => {
  const template = (configuration: JsonObject, properties: JsonObject): JsonObject => ({
    job_configuration: configuration,
    variables: { type: "object", properties },
  });
  const levels = (
    baseJobTemplate: JsonObject,
    deploymentJobVariables: JsonObject = {},
    jobVariables: JsonObject = {},
  ): TemplateInput => ({
    baseJobTemplate,
    deploymentJobVariables,
    jobVariables,
    environment: () => undefined,
  });

  test("trap 35: env is merged over pool, deployment and run, a null takes away, and labels are replaced", () => {
    const input = levels(
      template(
        { env: "{{ env }}", labels: "{{ labels }}" },
        {
          env: { type: "object", default: { A: "1", B: "2" } },
          labels: { type: "object", default: { pool: "p" } },
        },
      ),
      { env: { B: "3", C: "" }, labels: { deployment: "d" } },
      { env: { A: null }, labels: { run: "r" } },
    );
    expect(resolveJobConfiguration(input)).toEqual({
      env: { A: null, B: "3", C: "" },
      labels: { run: "r" },
    });
    const job = prepareJob(input, { ...CONTEXT, settings: { A: "inherited" } });
    expect(job.env).toMatchObject({ B: "3", C: "" });
    expect(job.env).not.toHaveProperty("A");
    expect(job.unsetEnv).toEqual(["A"]);
    expect(job.labels).not.toHaveProperty("pool");
    expect(job.labels).not.toHaveProperty("deployment");
    expect(job.labels).toMatchObject({ run: "r" });
  });

  test("trap 36: a dotted key works alone, and loses against the nested form beside it", () => {
    for (const configuration of [{ env: "{{ env }}" }, { env: { OTHER: "1" } }]) {
      const base = template(configuration, { env: { type: "object" } });
      const env = (...maps: JsonObject[]): JsonObject => {
        const resolved = resolveJobConfiguration(levels(base, ...maps))["env"];
        return isJsonObject(resolved) ? resolved : {};
      };
      const both = { "env.FOO": "dotted", "env.BAR": "b", env: { FOO: "x" } };
      for (const maps of [[both], [{}, both]]) {
        expect(env(...maps)).toMatchObject({ FOO: "x", BAR: "b" });
      }
      expect(env({ "env.FOO": "alone" })).toMatchObject({ FOO: "alone" });
      expect(env({}, { "env.FOO": "alone" })).toMatchObject({ FOO: "alone" });
    }
  });

  test("trap 37: a missing variable takes its key away, leaves a text around it, and $NOPE is empty", () => {
    const configuration = {
      alone: "{{ image }}",
      within: "img:{{ image }}",
      host: "{{ $NOPE }}",
      list: ["{{ image }}", "kept"],
    };
    for (const image of [{ type: "string" }, { type: "string", default: null }]) {
      expect(resolveJobConfiguration(levels(template(configuration, { image })))).toEqual({
        within: "img:",
        host: "",
        list: ["kept"],
      });
    }
  });

  test("trap 38: numbers in env become texts, a null stays until the job is prepared, and no command is null", () => {
    const input = levels(
      template({ env: "{{ env }}", command: "{{ command }}" }, { env: {}, command: {} }),
      { env: { PORT: 8080, RATE: 0.5, GONE: null }, command: "" },
    );
    expect(resolveJobConfiguration(input)["env"]).toHaveProperty("GONE", null);
    const job = prepareJob(input, CONTEXT);
    expect(job.env).toMatchObject({ PORT: "8080", RATE: "0.5" });
    expect(job.env).not.toHaveProperty("GONE");
    expect(job.unsetEnv).toEqual(["GONE"]);
    expect(job.command).toBeNull();
  });
});
