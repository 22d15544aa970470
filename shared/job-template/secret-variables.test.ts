import { expect, test } from "bun:test";
import type { JsonObject } from "#shared/json.ts";
import { findWorkerType } from "#shared/worker-types/worker-types.ts";
import { secretVariables } from "./secret-variables.ts";

function secretsOf(properties: JsonObject, definitions: JsonObject = {}): string[] {
  const template = { job_configuration: {}, variables: { properties, definitions } };
  return [...secretVariables(template)];
}

test("a variable is secret by its format, by being write-only, or as a block", () => {
  expect(
    secretsOf(
      {
        open: { type: "string", format: "path" },
        password: { type: "string", format: "password" },
        written: { type: "string", writeOnly: true },
        block: { $ref: "#/definitions/Block" },
        plain: { $ref: "#/definitions/Plain" },
        maybe: { anyOf: [{ $ref: "#/definitions/Block" }, { type: "null" }] },
      },
      { Block: { block_type_slug: "secret" }, Plain: { type: "object" } },
    ),
  ).toEqual(["password", "written", "block", "maybe"]);
});

test("a variable is secret if only a part of it is", () => {
  expect(
    secretsOf(
      {
        list: { type: "array", items: { type: "string", format: "password" } },
        map: { type: "object", additionalProperties: { $ref: "#/definitions/Outer" } },
        named: { type: "object", properties: { default: { writeOnly: true } } },
      },
      {
        Outer: { properties: { inner: { $ref: "#/definitions/Inner" } } },
        Inner: { writeOnly: true },
      },
    ),
  ).toEqual(["list", "map", "named"]);
});

test("definitions that refer to themselves or to nothing hold no secret", () => {
  expect(
    secretsOf(
      {
        loop: { $ref: "#/definitions/Loop" },
        lost: { $ref: "#/definitions/Lost" },
        far: { $ref: "https://example.com/schema" },
        odd: { properties: { format: { type: "string" }, block_type_slug: { type: "string" } } },
      },
      { Loop: { properties: { next: { $ref: "#/definitions/Loop" } } } },
    ),
  ).toEqual([]);
  expect([...secretVariables({})]).toEqual([]);
  expect([...secretVariables({ variables: { type: "object" } })]).toEqual([]);
});

test.each([
  ["process", []],
  ["docker", ["registry_credentials"]],
  ["azure-container-instance", ["subscription_id", "image_registry", "aci_credentials"]],
  ["modal:push", ["modal_credentials"]],
])("the default template of %p hides %p", (type, names) => {
  expect([...secretVariables(findWorkerType(type)?.defaultBaseJobTemplate ?? {})]).toEqual(names);
});
