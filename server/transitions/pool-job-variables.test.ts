import { describe, expect, test } from "bun:test";
import { AppError } from "#shared/errors.ts";
import type { JsonObject } from "#shared/json.ts";
import { requireDeploymentVariables, requireRunVariables } from "./pool-job-variables.ts";

function template(properties: JsonObject, required: string[] = []): JsonObject {
  return { job_configuration: { x: 1 }, variables: { type: "object", properties, required } };
}

const POOL = template(
  {
    image: { type: "string" },
    cpus: { type: "integer", default: 2 },
    memory: { type: "integer" },
    env: { type: "object", additionalProperties: { type: "string" } },
  },
  ["image", "cpus"],
);

function refusal(check: () => void): string {
  try {
    check();
  } catch (error) {
    if (error instanceof AppError && error.reason === "invalid_argument") return error.message;
    throw error;
  }
  return "none";
}

describe("the job variables of a run", () => {
  const rows: readonly (readonly [string, JsonObject, JsonObject, string])[] = [
    ["a default is what is required", { image: "a" }, {}, "none"],
    ["the run has what is required", {}, { image: "a" }, "none"],
    ["nobody gives what is required", {}, {}, "job_variables_json.image: is missing; give it"],
    [
      "the run's are wrong",
      { image: "a" },
      { cpus: "2" },
      "job_variables_json.cpus: must be integer",
    ],
    ["the deployment's are wrong", { image: 1 }, {}, "job_variables_json.image: must be string"],
    ["the run's stand for wrong ones of the deployment", { image: 1 }, { image: "a" }, "none"],
    ["what is not required is null", { image: "a" }, { memory: null }, "none"],
    ["they are unknown to the pool", { image: "a" }, { colour: "red" }, "none"],
    [
      "one deep inside is wrong",
      { image: "a", env: { A: "1" } },
      { "env.PORT": 80 },
      "job_variables_json.env.PORT: must be string",
    ],
  ];
  for (const [when, deployment, run, expected] of rows) {
    test(`are ${expected === "none" ? "taken" : "refused"} if ${when}`, () => {
      expect(refusal(() => requireRunVariables(POOL, deployment, run))).toBe(expected);
    });
  }

  test("need nothing if a default of the pool does not fit the pool's own schema", () => {
    const broken = template(
      { image: { type: "string" }, cpus: { type: "integer", default: "x" } },
      ["image", "cpus"],
    );
    expect(refusal(() => requireRunVariables(broken, {}, {}))).toBe("none");
    expect(refusal(() => requireRunVariables(broken, {}, { image: 1 }))).toBe(
      "job_variables_json.image: must be string",
    );
  });

  test("fit whatever it is if there is no pool, or one without a schema", () => {
    for (const open of [{}, { job_configuration: { x: 1 } }]) {
      expect(refusal(() => requireRunVariables(open, {}, { cpus: "many" }))).toBe("none");
    }
  });
});

describe("the job variables of a deployment", () => {
  test("may leave to the run what is required", () => {
    expect(refusal(() => requireDeploymentVariables(POOL, {}))).toBe("none");
    expect(refusal(() => requireDeploymentVariables(POOL, { memory: 1 }))).toBe("none");
  });

  test("are refused if they do not fit", () => {
    expect(refusal(() => requireDeploymentVariables(POOL, { "env.PORT": 80 }))).toBe(
      "job_variables_json.env.PORT: must be string",
    );
  });
});
