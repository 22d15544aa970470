import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject } from "#shared/json.ts";
import { defaultBaseJobTemplate } from "#shared/worker-types/worker-types.ts";
import { resolveJobConfiguration } from "./resolve.ts";

interface Levels {
  readonly configuration?: JsonObject;
  readonly defaults?: JsonObject;
  readonly deployment?: JsonObject;
  readonly run?: JsonObject;
}

function resolve({ configuration, defaults = {}, deployment = {}, run = {} }: Levels): JsonObject {
  const properties = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { default: value }]),
  );
  return resolveJobConfiguration({
    baseJobTemplate: {
      job_configuration: configuration ?? { env: "{{ env }}", command: "{{ command }}" },
      variables: { type: "object", properties },
    },
    deploymentJobVariables: deployment,
    jobVariables: run,
    environment: (name) => (name === "HOME" ? "/root" : undefined),
  });
}

describe("a job configuration", () => {
  test("takes a variable from the run, else the deployment, else the template", () => {
    const configuration = { a: "{{ a }}", b: "{{ b }}", c: "{{ c }}" };
    expect(
      resolve({
        configuration,
        defaults: { a: 1, b: 1, c: 1 },
        deployment: { b: 2, c: 2 },
        run: { c: 3 },
      }),
    ).toEqual({ a: 1, b: 2, c: 3 });
  });

  test("merges env over all four levels, a null and an empty text included", () => {
    expect(
      resolve({
        configuration: { env: { Z: "template", A: "template" } },
        defaults: { env: { A: "1", B: "2" } },
        deployment: { env: { B: "3", C: "" } },
        run: { env: { A: null } },
      }),
    ).toEqual({ env: { Z: "template", A: null, B: "3", C: "" } });
  });

  test("merges env into the default when the template holds only the placeholder", () => {
    expect(resolve({ defaults: { env: { A: "1" } }, run: { env: { B: "2" } } })).toEqual({
      env: { A: "1", B: "2" },
    });
  });

  test("replaces every other map as a whole", () => {
    expect(
      resolve({
        configuration: { labels: "{{ labels }}" },
        defaults: { labels: { a: "1" } },
        run: { labels: { b: "2" } },
      }),
    ).toEqual({ labels: { b: "2" } });
  });

  test("keeps neither env nor command when nobody gave them", () => {
    expect(resolve({ defaults: { command: null } })).toEqual({});
  });

  test("fills the environment in defaults of env", () => {
    expect(resolve({ defaults: { env: { H: "{{ $HOME }}" } } })).toEqual({ env: { H: "/root" } });
  });

  test("of a pool without a template is empty", () => {
    const input = { deploymentJobVariables: { command: "x" }, jobVariables: {} };
    expect(
      resolveJobConfiguration({ ...input, baseJobTemplate: {}, environment: () => undefined }),
    ).toEqual({});
  });

  test("never changes the template it was made from", () => {
    const map = fc.dictionary(fc.constantFrom("A", "B", "env.A", "c"), fc.constantFrom("1", "2"));
    fc.assert(
      fc.property(map, map, map, (defaults, deployment, run) => {
        const baseJobTemplate: JsonObject = {
          job_configuration: { env: { X: "{{ A }}" }, deep: [{ a: "{{ c }}" }] },
          variables: { properties: { env: { default: defaults }, c: { default: "d" } } },
        };
        const before = JSON.stringify(baseJobTemplate);
        resolveJobConfiguration({
          baseJobTemplate,
          deploymentJobVariables: { ...deployment, env: deployment },
          jobVariables: { ...run, env: run },
          environment: () => undefined,
        });
        expect(JSON.stringify(baseJobTemplate)).toBe(before);
      }),
    );
  });
});

test("the default process template passes each variable on under its own name", () => {
  const given = {
    command: "echo",
    env: { A: "1" },
    labels: { l: "1" },
    name: "n",
    working_dir: "/tmp",
  };
  expect(
    resolveJobConfiguration({
      baseJobTemplate: defaultBaseJobTemplate("process"),
      deploymentJobVariables: given,
      jobVariables: {},
      environment: () => undefined,
    }),
  ).toEqual({ ...given, stream_output: true });
});
