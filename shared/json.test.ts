import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "./errors.ts";
import { findJsonSyntaxError } from "./json-syntax.ts";
import { jsonAsText, parseJson, parseJsonArray, parseJsonObject } from "./json.ts";

function messageFrom(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
  return "no error";
}

describe("parsing a field", () => {
  test("names the field, line, column and what was expected", () => {
    expect(messageFrom(() => parseJsonObject("parameters_json", '{"a": 1,\n  b: 2}'))).toBe(
      "parameters_json: not JSON: line 2, column 3: expected a key in double quotes, found 'b'",
    );
  });

  test.each([
    ['{"a": }', 1, 7, "a value", "'}'"],
    ["[1,2", 1, 5, "',' or ']'", "the end of the text"],
    ["[1 2]", 1, 4, "',' or ']'", "'2'"],
    ["", 1, 1, "a value", "the end of the text"],
    ['{"a":1} x', 1, 9, "the end of the text", "'x'"],
    ['{"a" 1}', 1, 6, "':'", "'1'"],
    ["01", 1, 1, "a value", "'01'"],
    ["tru", 1, 1, "a value", "'tru'"],
    ['"a\nb"', 1, 1, "a value", "'\"'"],
  ])("finds the mistake in %p", (text, line, column, expected, found) => {
    expect(findJsonSyntaxError(text)).toEqual({ line, column, expected, found });
  });

  test("of an object refuses lists and scalars by name", () => {
    expect(messageFrom(() => parseJsonObject("f", "[]"))).toContain("f: holds an array");
    expect(messageFrom(() => parseJsonObject("f", "null"))).toContain("f: holds null");
    expect(messageFrom(() => parseJsonArray("f", "{}"))).toContain("f: holds an object");
  });

  test("of an object takes an empty text for {}", () => {
    expect(parseJsonObject("f", " ")).toEqual({});
  });

  test("finds no mistake in anything the runtime accepts, and one in all it refuses", () => {
    const text = fc.oneof(
      fc.json(),
      fc.stringMatching(/^[{}[\],:"a1 .e-]{0,12}$/),
      fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, insert]) => {
        const cut = at % (json.length + 1);
        return json.slice(0, cut) + insert + json.slice(cut);
      }),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        let valid = true;
        try {
          JSON.parse(candidate);
        } catch {
          valid = false;
        }
        expect(findJsonSyntaxError(candidate) === undefined).toBe(valid);
      }),
      { numRuns: 2000 },
    );
  });

  test("refuses nesting that would exhaust a stack, and brackets in texts are none", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(messageFrom(() => parseJson("f", nested(501)))).toContain("deeper than 500 levels");
    expect(messageFrom(() => parseJson("f", nested(500)))).toBe("no error");
    expect(messageFrom(() => parseJson("f", `["${"[".repeat(2000)}"]`))).toBe("no error");
  });
});

test("a value in a text is itself if it is a string, and JSON if not", () => {
  expect(["a", 1, true, null, { a: [1] }].map(jsonAsText)).toEqual([
    "a",
    "1",
    "true",
    "null",
    '{"a":[1]}',
  ]);
});
