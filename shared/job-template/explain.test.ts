import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject } from "#shared/json.ts";
import { defaultBaseJobTemplate } from "#shared/worker-types/worker-types.ts";
import { explainJob, type ExplainInput, type JobExplanation } from "./explain.ts";
import { resolveJobConfiguration } from "./resolve.ts";

const TEMPLATE: JsonObject = {
  job_configuration: {
    env: "{{ env }}",
    image: "{{ image }}",
    memory: "{{ memory }}",
    token: "{{ token }}",
  },
  variables: {
    properties: {
      env: { type: "object", default: { A: "pool", B: "pool" } },
      image: { type: "string", default: "pool-image" },
      memory: { type: "string", default: null },
      token: { type: "string", format: "password" },
    },
  },
};

function explain(input: Partial<ExplainInput> = {}): JobExplanation {
  return explainJob({
    baseJobTemplate: TEMPLATE,
    deploymentJobVariables: {},
    jobVariables: {},
    ...input,
  });
}

function origins({ variables, env }: JobExplanation): Record<string, string> {
  return Object.fromEntries([...variables, ...env].map(({ name, origin }) => [name, origin]));
}

describe("the origin of a value", () => {
  test("is the pool's default, or unset where that is null or not there", () => {
    const explanation = explain();
    expect(origins(explanation)).toEqual({
      image: "pool default",
      memory: "unset",
      token: "unset",
      A: "pool default",
      B: "pool default",
    });
    expect(explanation.jobConfiguration).toEqual({
      env: { A: "pool", B: "pool" },
      image: "pool-image",
    });
  });

  test("is the last that gave one, for env name by name", () => {
    const explanation = explain({
      deploymentJobVariables: { image: "d", memory: "1g", env: { B: "d", C: "d" } },
      jobVariables: { image: "r", env: { C: null, D: "" } },
    });
    expect(origins(explanation)).toEqual({
      image: "flow run",
      memory: "deployment",
      token: "unset",
      A: "pool default",
      B: "deployment",
      C: "flow run",
      D: "flow run",
    });
    expect(explanation.jobConfiguration["env"]).toEqual({ A: "pool", B: "d", C: null, D: "" });
    expect(explanation.env.map(({ value }) => value)).toEqual(["pool", "d", null, ""]);
  });

  test("of a null that was given is who gave it", () => {
    const { variables } = explain({ jobVariables: { image: null } });
    expect(variables[0]).toMatchObject({ name: "image", value: null, origin: "flow run" });
  });

  test("is found behind dotted keys too", () => {
    const explanation = explain({
      deploymentJobVariables: { "env.A": "d" },
      jobVariables: { "env.B": "r" },
    });
    expect(origins(explanation)).toMatchObject({ A: "deployment", B: "flow run" });
    expect(explanation.jobConfiguration["env"]).toEqual({ A: "d", B: "r" });
  });

  test("of what the job configuration itself sets is the pool's default", () => {
    const baseJobTemplate: JsonObject = {
      job_configuration: { env: { FIXED: "1", IMAGE: "{{ image }}" } },
      variables: { properties: { image: { type: "string" } } },
    };
    const { env } = explain({ baseJobTemplate, jobVariables: { env: { X: "{{ image }}" } } });
    expect(env).toEqual([
      { name: "FIXED", value: "1", origin: "pool default" },
      { name: "IMAGE", value: undefined, origin: "unset" },
      { name: "X", value: undefined, origin: "unset" },
    ]);
  });
});

test("a variable the template does not declare is told as such, after the declared ones", () => {
  const { variables } = explain({ jobVariables: { imgae: "typo" } });
  expect(variables.map(({ name, isDeclared }) => [name, isDeclared])).toEqual([
    ["image", true],
    ["memory", true],
    ["token", true],
    ["imgae", false],
  ]);
});

test("a secret is marked and not masked", () => {
  const explanation = explain({ deploymentJobVariables: { token: "t0p" } });
  expect(explanation.variables.filter(({ isSecret }) => isSecret)).toEqual([
    { name: "token", value: "t0p", origin: "deployment", isDeclared: true, isSecret: true },
  ]);
  expect(explanation.jobConfiguration["token"]).toBe("t0p");
});

describe("a placeholder of the environment", () => {
  const jobVariables = { env: { H: "{{ $HOME }}/x", N: "{{ $NOPE }}" } };

  test("stays if the agent has the variable, and is nothing if not", () => {
    const { env } = explain({ jobVariables, environmentNames: new Set(["HOME"]) });
    expect(Object.fromEntries(env.map(({ name, value }) => [name, value]))).toMatchObject({
      H: "{{ $HOME }}/x",
      N: "",
    });
  });

  test("stays if nobody knows what the agent has", () => {
    expect(explain({ jobVariables }).jobConfiguration["env"]).toMatchObject({
      H: "{{ $HOME }}/x",
      N: "{{ $NOPE }}",
    });
  });
});

test("the blocks and variables that remain to be read are named once", () => {
  const secret = "{{ prefect.blocks.secret.s }}";
  expect(
    explain({ jobVariables: { image: secret, memory: `${secret}{{ prefect.variables.v }}` } })
      .references,
  ).toEqual(["prefect.blocks.secret.s", "prefect.variables.v"]);
});

test("a pool without a template explains nothing but what was given", () => {
  expect(explain({ baseJobTemplate: {}, jobVariables: { command: "x" } })).toEqual({
    jobConfiguration: {},
    variables: [
      { name: "command", value: "x", origin: "flow run", isDeclared: false, isSecret: false },
    ],
    env: [],
    references: [],
  });
});

test("the configuration is the one an agent comes to, and each declared variable is explained", () => {
  const value = fc.oneof(
    fc.constantFrom<JsonObject[string]>("x", 1, null),
    fc.constant({ A: "1" }),
  );
  const variables = fc.dictionary(
    fc.constantFrom("command", "env", "env.A", "labels", "working_dir", "other"),
    value,
  );
  const baseJobTemplate = defaultBaseJobTemplate("process");
  fc.assert(
    fc.property(variables, variables, (deploymentJobVariables, jobVariables) => {
      const levels = { baseJobTemplate, deploymentJobVariables, jobVariables };
      const explanation = explainJob(levels);
      expect(explanation.jobConfiguration).toEqual(
        resolveJobConfiguration({ ...levels, environment: () => undefined }),
      );
      for (const variable of explanation.variables) {
        expect(variable.origin === "unset").toBe(variable.value === undefined);
        if (!variable.isDeclared || variable.value === undefined) continue;
        expect(explanation.jobConfiguration[variable.name]).toEqual(variable.value);
      }
    }),
  );
});
