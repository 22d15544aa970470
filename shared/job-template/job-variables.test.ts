import { describe, expect, test } from "bun:test";
import { expandDottedKeys, mergeJobVariables, variableDefaults } from "./job-variables.ts";

describe("dotted keys", () => {
  test("mean nested objects", () => {
    expect(expandDottedKeys({ "env.FOO": "x", "a.b.c": 1, "a.b.d": 2 })).toEqual({
      env: { FOO: "x" },
      a: { b: { c: 1, d: 2 } },
    });
  });

  test("lose against the nested form where both are given", () => {
    expect(expandDottedKeys({ "env.FOO": "dotted", "env.BAR": "kept", env: { FOO: "x" } })).toEqual(
      { env: { FOO: "x", BAR: "kept" } },
    );
  });

  test("cannot reach into what every object inherits", () => {
    expandDottedKeys({ "__proto__.polluted": true, "constructor.prototype.polluted": true });
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});

describe("the run's variables over the deployment's", () => {
  test("replace whole keys, and merge env name by name", () => {
    const merged = mergeJobVariables(
      { labels: { a: "1" }, image: "old", env: { A: "1", B: "2" } },
      { labels: { b: "2" }, env: { B: "3", C: "" } },
    );
    expect(merged).toEqual({
      labels: { b: "2" },
      image: "old",
      env: { A: "1", B: "3", C: "" },
    });
  });

  test("keep a null of the run as a value", () => {
    expect(
      mergeJobVariables({ command: "x", env: { A: "1" } }, { command: null, env: { A: null } }),
    ).toEqual({ command: null, env: { A: null } });
  });

  test("win in the dotted form too", () => {
    expect(mergeJobVariables({ env: { FOO: "old", BAR: "b" } }, { "env.FOO": "new" })).toEqual({
      env: { FOO: "new", BAR: "b" },
    });
    expect(mergeJobVariables({ "env.FOO": "old" }, { env: { FOO: "new" } })).toEqual({
      env: { FOO: "new" },
    });
    expect(mergeJobVariables({}, { "env.FOO": "dotted", env: { FOO: "nested" } })).toEqual({
      env: { FOO: "nested" },
    });
  });

  test("do not lose the deployment's env to an env that is null", () => {
    expect(mergeJobVariables({ env: { A: "1" } }, { env: null })).toEqual({ env: { A: "1" } });
  });
});

test("a null default is no default", () => {
  const template = {
    variables: {
      properties: { a: { default: null }, b: { default: 0 }, c: {}, d: { default: "" } },
    },
  };
  expect(variableDefaults(template)).toEqual({ b: 0, d: "" });
  expect(variableDefaults({})).toEqual({});
});
