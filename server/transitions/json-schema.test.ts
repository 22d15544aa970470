import { describe, expect, test } from "bun:test";
import { AppError } from "#shared/errors.ts";
import type { JsonObject } from "#shared/json.ts";
import { requireParameters, requireSchema, schemaViolation } from "./json-schema.ts";

const SCHEMA: JsonObject = {
  type: "object",
  required: ["a", "nested"],
  properties: {
    a: { type: "integer" },
    b: { type: "string", format: "date-time" },
    nested: { type: "object", required: ["deep"], properties: { deep: { type: "string" } } },
    list: { type: "array", items: { $ref: "#/definitions/item" } },
    level: { enum: ["low", "high"] },
  },
  definitions: { item: { type: "object", properties: { n: { type: "number" } } } },
};

function violation(value: JsonObject, required = true): string {
  const found = schemaViolation("p", SCHEMA, value, { required });
  return found === undefined ? "none" : `${found.field}: ${found.description}`;
}

describe("a value held against a schema", () => {
  test.each([
    [{ a: 1, nested: { deep: "x" } }, "none"],
    [{ a: "1", nested: { deep: "x" } }, "p.a: must be integer"],
    [{ nested: { deep: "x" } }, "p.a: is missing; give it"],
    [{ a: 1, nested: {} }, "p.nested.deep: is missing; give it"],
    [{ a: 1, nested: { deep: "x" }, b: "yesterday" }, 'p.b: must match format "date-time"'],
    [{ a: 1, nested: { deep: "x" }, list: [{}, { n: "x" }] }, "p.list[1].n: must be number"],
    [{ a: 1, nested: { deep: "x" }, level: "mid" }, 'p.level: must be one of "low", "high"'],
  ])("%p: %p", (value, message) => {
    expect(violation(value)).toBe(message);
  });

  test("may leave everything out, at every depth, when nothing is required", () => {
    expect(violation({ nested: {} }, false)).toBe("none");
    expect(violation({ a: "x" }, false)).toBe("p.a: must be integer");
  });

  test("may be null where it could be left out, and only there", () => {
    expect(violation({ a: 1, nested: { deep: "x" }, b: null })).toBe("none");
    expect(violation({ a: null, nested: { deep: "x" } })).toBe("p.a: must be integer");
  });

  test("that does not fit is refused as parameters with the field", () => {
    try {
      requireParameters(SCHEMA, { a: 1 }, { required: true });
      throw new Error("it was accepted");
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({
        reason: "parameters_invalid",
        violations: [{ field: "parameters.nested", description: "is missing; give it" }],
      });
    }
  });

  test("a property may be called as a keyword is", () => {
    const schema = { properties: { required: { type: "integer" }, default: { type: "integer" } } };
    expect(schemaViolation("p", schema, { required: "x" }, { required: false })?.field).toBe(
      "p.required",
    );
  });
});

describe("a schema", () => {
  test.each([
    [{ type: "strin" }, "s: not a valid JSON Schema"],
    [{ properties: { a: { minimum: "1" } } }, "s: not a valid JSON Schema: .properties.a.minimum"],
    [{ $ref: "https://example.com/schema.json" }, "can't resolve reference"],
    [{ $schema: "http://json-schema.org/draft-07/schema#" }, "leave $schema out"],
    [{ properties: { a: { pattern: "(" } } }, "s: not a JSON Schema that can be used"],
  ])("is refused: %p", (schema, message) => {
    expect(() => requireSchema("s", schema)).toThrow(message);
  });

  test("that refers to itself without end is an error of the schema, not a crash", () => {
    expect(() => schemaViolation("p", { $ref: "#" }, {}, { required: true })).toThrow(
      "refers to itself without end",
    );
  });

  test("may refer to itself for nested data", () => {
    const tree = { properties: { child: { $ref: "#" }, n: { type: "integer" } } };
    const check = { required: true };
    expect(schemaViolation("p", tree, { child: { child: { n: 1 } } }, check)).toBeUndefined();
    expect(schemaViolation("p", tree, { child: { n: "x" } }, check)?.field).toBe("p.child.n");
  });

  test("may list its items in the older form", () => {
    const schema = { properties: { a: { type: "array", items: [{ type: "integer" }] } } };
    expect(schemaViolation("p", schema, { a: ["x"] }, { required: true })?.field).toBe("p.a[0]");
  });

  test("of a block is fit by a reference to a stored one, and by nothing else that is no block", () => {
    const token = { type: "object", required: ["id"], properties: { id: { type: "string" } } };
    const schema = (block: JsonObject): JsonObject => ({
      properties: { token: { $ref: "#/definitions/Token" } },
      definitions: { Token: { ...token, ...block } },
    });
    const fits = (block: JsonObject, value: JsonObject): boolean =>
      schemaViolation("p", schema(block), { token: value }, { required: true }) === undefined;
    const slug = { block_type_slug: "token" };
    for (const value of [{ id: "1" }, { $ref: "uuid" }, { $ref: { block_document_id: "uuid" } }]) {
      expect(fits(slug, value)).toBe(true);
    }
    for (const value of [{}, { $ref: 1 }, { $ref: "uuid", more: 1 }]) {
      expect(fits(slug, value)).toBe(false);
    }
    expect(fits({}, { $ref: "uuid" })).toBe(false);
  });

  test("may name one id in two versions", () => {
    const schema = (type: string) => ({
      $id: "https://example.com/s",
      type: "object",
      properties: { a: { type } },
    });
    expect(schemaViolation("p", schema("string"), { a: "x" }, { required: true })).toBeUndefined();
    expect(schemaViolation("p", schema("integer"), { a: "x" }, { required: true })?.field).toBe(
      "p.a",
    );
  });

  test("is refused when it is larger than any that people write", () => {
    const properties = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, n) => [`property${n}`, { type: "string" }]),
    );
    expect(() => requireSchema("s", { properties })).toThrow("at most 262144 are allowed");
  });
});
