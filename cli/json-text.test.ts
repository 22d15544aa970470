import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EXIT_USAGE } from "#shared/program-errors.ts";
import { CliError } from "./cli-error.ts";
import { parseJsonObject } from "./json-text.ts";

function refusal(text: string): CliError {
  try {
    parseJsonObject(text, "--params");
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe("JSON given by people", () => {
  test.each([
    ['{"a": }', 1, 7],
    ["{a: 1}", 1, 2],
    ['{"a": 1,}', 1, 9],
    ['{"a": 1', 1, 8],
    ['{"a" 1}', 1, 6],
    ['{"a": "x}', 1, 7],
    ['{\n  "a": 1,\n  "b": tru\n}', 3, 8],
    ["{} {}", 1, 4],
    ["", 1, 1],
    ["{'a': 1}", 1, 2],
    ['{"a": 01}', 1, 8],
    ['{"a": [1, 2}', 1, 12],
  ])("%j is refused at line %i, column %i", (text, line, column) => {
    const error = refusal(text);
    expect(error.message).toStartWith(`--params: not JSON at line ${line}, column ${column}: `);
    expect(error.exitCode).toBe(EXIT_USAGE);
  });

  test.each(["[]", "null", "5", '"x"', "true"])("%j is JSON but no object", (text) => {
    expect(refusal(text).message).toContain("must be a JSON object");
  });

  test("every object comes through unchanged", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object, null, 2);
        expect(parseJsonObject(text, "x")).toEqual(JSON.parse(text));
      }),
    );
  });

  test("the place of the error is within the text, whatever is cut off", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (object, cut) => {
        const whole = JSON.stringify({ ...object, end: 1 });
        const text = whole.slice(0, cut % whole.length);
        expect(refusal(text).message).toMatch(/ends$|found '/);
      }),
    );
  });
});
