import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "#shared/json.ts";
import { findPlaceholders } from "./placeholder.ts";
import { substitute, valueAt } from "./substitute.ts";

const VALUES: JsonObject = {
  text: "x",
  number: 3,
  flag: false,
  nothing: null,
  list: [{ b: "deep" }, 2],
  map: { a: { b: 1 }, "0": "never by index" },
};
const environment = (name: string): string | undefined => (name === "HOME" ? "/root" : undefined);
const fill = (template: JsonValue): JsonValue | undefined =>
  substitute(template, VALUES, environment);

describe("the grammar of placeholders", () => {
  test.each([
    ["{{ a }}", ["a"]],
    ["{{a}}-{{  b.c  }}", ["a", "b.c"]],
    ["{{ a[0].b }}", ["a[0].b"]],
    ["{{ $HOME }}", ["$HOME"]],
    ["{{ a b }} {{}} { { a } } {a}", []],
    ["{{ a|upper }}", []],
    ["{{{ a }}}", ["a"]],
    ["{{\n\ta-b_c.0[1]$\n}}", ["a-b_c.0[1]$"]],
    ["{{ a, b }} {{ a:b }} {{ 'a' }} {{ a() }}", []],
  ])("finds in %p the names %p", (text, names) => {
    expect(findPlaceholders(text).map(({ name }) => name)).toEqual(names);
  });

  test("tells the four kinds apart by their beginning", () => {
    const text = "{{ a }}{{ $A }}{{ prefect.blocks.s.n }}{{ prefect.variables.v }}{{ prefect.x }}";
    expect(findPlaceholders(text).map(({ kind }) => kind)).toEqual([
      "standard",
      "environment",
      "block",
      "variable",
      "standard",
    ]);
  });
});

describe("substitution", () => {
  test.each([
    ["{{ text }}", "x"],
    ["{{ number }}", 3],
    ["{{ flag }}", false],
    ["{{ nothing }}", null],
    ["{{ list }}", [{ b: "deep" }, 2]],
    ["{{ list[0].b }}", "deep"],
    ["{{ map.a.b }}", 1],
    ["{{ list.0.b }}", "deep"],
    ["{{ list[-1] }}", 2],
  ])("keeps the type of the value of a lone placeholder: %p", (template, value) => {
    expect(fill(template)).toEqual(value);
  });

  test("drops the key or the item of a lone placeholder without a value", () => {
    expect(fill({ gone: "{{ nope }}", kept: "{{ nothing }}" })).toEqual({ kept: null });
    expect(fill(["{{ nope }}", 1])).toEqual([1]);
    expect(fill("{{ nope }}")).toBeUndefined();
  });

  test("writes values into a text as text, and a missing one as nothing", () => {
    expect(fill("a {{ number }} b {{ flag }} {{ map.a }}{{ nothing }}")).toBe(
      'a 3 b false {"b":1}null',
    );
    expect(fill({ image: "img:{{ nope }}" })).toEqual({ image: "img:" });
    expect(fill(" {{ number }}")).toBe(" 3");
  });

  test("never drops and never types what comes from the environment", () => {
    expect(fill({ a: "{{ $HOME }}", b: "{{ $NOPE }}" })).toEqual({ a: "/root", b: "" });
  });

  test("leaves blocks and variables to their own passes", () => {
    const text = "{{ prefect.variables.v }} and {{ prefect.blocks.secret.x }} and {{ text }}";
    expect(fill(text)).toBe("{{ prefect.variables.v }} and {{ prefect.blocks.secret.x }} and x");
    expect(fill("{{ prefect.variables.v }}")).toBe("{{ prefect.variables.v }}");
  });

  test("does not fill keys, nor what it has inserted", () => {
    const values = { a: "{{ b }}", b: "no" };
    expect(substitute({ "{{ a }}": "{{ a }}", c: "{{ a }}{{ b }}" }, values, environment)).toEqual({
      "{{ a }}": "{{ b }}",
      c: "{{ b }}no",
    });
  });

  test("takes a whole number for an index and never for a key", () => {
    expect(valueAt(VALUES, "map.0")).toBeUndefined();
    expect(valueAt(VALUES, "list[7]")).toBeUndefined();
    expect(valueAt(VALUES, "text.length")).toBeUndefined();
  });

  test("finds nothing by a path with an empty step, unless that is a key", () => {
    for (const path of ["map..a", ".map", "map.", "[0]"]) {
      expect(valueAt(VALUES, path)).toBeUndefined();
    }
    expect(valueAt({ a: { "": 1 } }, "a.")).toBe(1);
  });

  test("finds no value under what every object inherits", () => {
    expect(fill("{{ constructor }}")).toBeUndefined();
    expect(fill("{{ __proto__ }}")).toBeUndefined();
  });

  test("returns a template without placeholders as it was", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        fc.pre(!JSON.stringify(json).includes("{{"));
        const template: JsonValue = JSON.parse(JSON.stringify(json));
        expect(JSON.stringify(fill(template))).toBe(JSON.stringify(template));
      }),
    );
  });
});
