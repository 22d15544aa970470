import { describe, expect, test } from "bun:test";
import { AppError } from "#shared/errors.ts";
import type { JsonObject } from "#shared/json.ts";
import { workerTypes } from "#shared/worker-types/worker-types.ts";
import {
  requireLimit,
  requireLostAfterSeconds,
  requireTemplateStructure,
  requireWorkPoolName,
} from "./work-pool.ts";

function reasonOf(body: () => void): string {
  try {
    body();
  } catch (error) {
    return error instanceof AppError ? error.reason : "not an AppError";
  }
  return "none";
}

describe("a pool's name", () => {
  test.each(["prefect", "Prefect-anything", "PREFECT pool", "prefectpool", "prefect/x"])(
    "is reserved: %p",
    (name) => {
      expect(reasonOf(() => requireWorkPoolName("name", name))).toBe("reserved_name");
    },
  );

  test.each(["", "  '  ", "a/b", "50%", "a&b", "a<b", "a>b"])("is refused: %p", (name) => {
    expect(reasonOf(() => requireWorkPoolName("name", name))).toBe("invalid_argument");
  });

  test.each(["my pool", "läuft.1:2", "my-prefect"])("is accepted: %p", (name) => {
    expect(reasonOf(() => requireWorkPoolName("name", name))).toBe("none");
  });
});

test("a limit is a whole number from 0, or none", () => {
  for (const limit of [null, 0, 5]) expect(reasonOf(() => requireLimit("f", limit))).toBe("none");
  for (const limit of [-1, 1.5, Number.NaN, 2 ** 31]) {
    expect(reasonOf(() => requireLimit("f", limit))).toBe("invalid_argument");
  }
});

test("a span of silence is at least a second", () => {
  const crash = { policy: "crash", heartbeatSeconds: 10 } as const;
  expect(reasonOf(() => requireLostAfterSeconds("f", 0, crash))).toBe("invalid_argument");
  expect(reasonOf(() => requireLostAfterSeconds("f", 1, crash))).toBe("none");
});

test("a pool that reschedules leaves its agents the time to stop their runs", () => {
  const reschedule = { policy: "reschedule", heartbeatSeconds: 10 } as const;
  expect(reasonOf(() => requireLostAfterSeconds("f", 44, reschedule))).toBe("invalid_argument");
  expect(reasonOf(() => requireLostAfterSeconds("f", 45, reschedule))).toBe("none");
  expect(() => requireLostAfterSeconds("f", 44, reschedule)).toThrow("give at least 45");
});

describe("a base job template", () => {
  const check = (template: JsonObject) => () => requireTemplateStructure("template", template);

  test("may be empty, or a default one", () => {
    expect(check({})).not.toThrow();
    for (const { defaultBaseJobTemplate } of workerTypes()) {
      expect(check(defaultBaseJobTemplate)).not.toThrow();
    }
  });

  test.each([
    [{ job_configuration: { a: 1 } }, "variables is missing"],
    [{ variables: { type: "object" } }, "job_configuration is missing"],
    [{ job_configuration: {}, variables: { type: "object" } }, "job_configuration is missing"],
    [{ job_configuration: { a: 1 }, variables: {} }, "variables is missing"],
    [{ job_configuration: { a: 1 }, variables: [] }, "variables is missing"],
  ])("needs both parts: %p", (template, message) => {
    expect(check(template)).toThrow(message);
  });

  test("names every undeclared placeholder, however deep, once", () => {
    const variables = { properties: { known: {} } };
    const job_configuration = {
      a: [[{ b: "{{ other }} {{ known }} {{ other }}" }]],
      c: "{{ $X }}",
    };
    expect(check({ job_configuration, variables })).toThrow("uses 'other', '$X', which");
  });

  test("may use a placeholder that is declared under its full name", () => {
    const template = {
      job_configuration: { a: "{{ b.c }}" },
      variables: { properties: { "b.c": {} } },
    };
    expect(check(template)).not.toThrow();
  });
});
