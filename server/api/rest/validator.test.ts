import { describe, expect, test } from "bun:test";
import { type TSchema, Type } from "typebox";
import { buildOpenApi } from "./openapi.ts";
import { route } from "./route.ts";
import {
  Absent,
  AnyJson,
  Closed,
  DateTime,
  named,
  Nullable,
  OneOf,
  Operator,
  Uuid,
} from "./schema-types.ts";
import { type Checked, Validator } from "./validator.ts";

function routeWith(body: TSchema) {
  return route({
    method: "post",
    path: "/things/",
    name: "make",
    tags: ["Things"],
    summary: "Make a thing",
    body,
    responses: { 200: null },
    handler: () => ({ status: 200 }),
  });
}

function check(body: TSchema, value: unknown): Checked {
  const one = routeWith(body);
  return new Validator(buildOpenApi([one])).check(one.operationId, "body", value);
}

/** `type at loc` of every issue. */
function issues(body: TSchema, value: unknown): string[] {
  const checked = check(body, value);
  if (checked.ok) return [];
  return checked.issues.map(({ type, loc }) => `${type} at ${loc.slice(1).join(".")}`);
}

describe("times in a body", () => {
  const Inner = named("Inner", Closed({ at: Absent(DateTime) }));
  const schema = Type.Object({
    at: Absent(DateTime),
    many: Type.Optional(Type.Array(DateTime)),
    inner: Absent(Inner),
    all: Type.Optional(Type.Array(Inner)),
    either: Type.Optional(Type.Union([Type.Number(), DateTime])),
    any: Type.Optional(AnyJson),
  });
  const loose = "2026-11-23 18:28:46.5+00:00";
  const strict = "2026-11-23T18:28:46.500000Z";

  test("are mended wherever the schema has one, and nowhere else", () => {
    const value = {
      at: 0,
      many: [loose],
      inner: { at: loose },
      all: [{ at: loose }, { at: null }, {}],
      either: 5,
      any: { at: loose },
    };
    expect(check(schema, value)).toEqual({
      ok: true,
      value: {
        at: "1970-01-01T00:00:00.000000Z",
        many: [strict],
        inner: { at: strict },
        all: [{ at: strict }, { at: null }, {}],
        either: 5,
        any: { at: loose },
      },
    });
  });

  test("that are none are refused where they stand", () => {
    const value = { at: "soon", all: [{}, { at: "2026-02-30T00:00:00Z" }] };
    expect(issues(schema, value)).toEqual([
      "datetime_from_date_parsing at at",
      "datetime_from_date_parsing at all.1.at",
    ]);
  });
});

describe("what is wrong", () => {
  test.each<[string, TSchema, unknown, string[]]>([
    ["a fraction", Type.Integer(), 1.5, ["int_from_float at x"]],
    ["a text for a number", Type.Integer(), "1", ["int_type at x"]],
    ["a number too large", Type.Number({ maximum: 2 }), 3, ["less_than_equal at x"]],
    ["a number on the bound", Type.Number({ exclusiveMinimum: 0 }), 0, ["greater_than at x"]],
    ["an id", Uuid, "7", ["uuid_parsing at x"]],
    ["a choice", OneOf("a", "b"), "c", ["enum at x"]],
    ["a short text", Type.String({ minLength: 1 }), "", ["string_too_short at x"]],
    ["a long list", Type.Array(AnyJson, { maxItems: 1 }), [1, 2], ["too_long at x"]],
    ["an item", Type.Array(Type.String()), ["a", 1], ["string_type at x.1"]],
    ["null", Type.Boolean(), null, ["bool_type at x"]],
    ["what may be null", Nullable(Type.Boolean()), 1, ["bool_type at x"]],
    [
      "a bound of what may be null",
      Nullable(Type.Integer({ minimum: 0 })),
      -1,
      ["greater_than_equal at x"],
    ],
    [
      "either kind",
      Type.Union([Type.Integer(), Type.Boolean()]),
      "a",
      ["int_type at x", "bool_type at x"],
    ],
    [
      "inside of the kind that was meant",
      Type.Union([Type.String(), Closed({ a: Type.Integer() })]),
      { b: 1 },
      ["missing at x.a", "extra_forbidden at x.b"],
    ],
  ])("%s is told once, at its place", (_, schema, value, expected) => {
    expect(issues(Type.Object({ x: schema }), { x: value })).toEqual(expected);
  });

  test("is told in words and with the value", () => {
    const checked = check(Closed({ x: OneOf("a", "b", "c") }), { x: "d", y: [1] });
    expect(checked.ok ? [] : checked.issues.toSorted((a, b) => (a.type < b.type ? -1 : 1))).toEqual(
      [
        {
          type: "enum",
          loc: ["body", "x"],
          msg: "Input should be 'a', 'b' or 'c'",
          input: "d",
          ctx: { expected: "'a', 'b' or 'c'" },
        },
        {
          type: "extra_forbidden",
          loc: ["body", "y"],
          msg: "Extra inputs are not permitted",
          input: [1],
        },
      ],
    );
  });
});

test("of a list that is wrong everywhere, the first places are told", () => {
  const body = Closed({ tags: Type.Array(Type.String()) });
  const found = issues(body, { tags: Array.from({ length: 100_000 }, () => 1) });
  expect(found.length).toBeLessThan(1_000);
  expect(found[0]).toBe("string_type at tags.0");
});

describe("named schemas", () => {
  test("may contain themselves", () => {
    const Tree = named(
      "Tree",
      Closed({ at: Absent(DateTime), below: Type.Optional(Type.Array(Type.Ref("Tree"))) }),
    );
    const value = { below: [{ at: 0, below: [{ at: 1 }] }] };
    expect(check(Tree, value)).toMatchObject({
      ok: true,
      value: { below: [{ below: [{ at: "1970-01-01T00:00:01.000000Z" }] }] },
    });
    expect(issues(Tree, { below: [{ below: [{ x: 1 }] }] })).toEqual([
      "extra_forbidden at below.0.below.0.x",
    ]);
  });

  test("stand once in the document; two with one name, or none, are refused", () => {
    const twice = Type.Object({ a: Operator, b: Operator });
    const schemas = JSON.stringify(buildOpenApi([routeWith(twice)]).document);
    expect(schemas.split('"enum":["and_","or_"]')).toHaveLength(2);
    const clash = Type.Object({ a: named("A", Type.String()), b: named("A", Type.Integer()) });
    expect(() => buildOpenApi([routeWith(clash)])).toThrow("two different schemas are named A");
    const absent = Type.Object({ a: Type.Ref("Absent") });
    expect(() => buildOpenApi([routeWith(absent)])).toThrow("no schema is named Absent");
  });
});
