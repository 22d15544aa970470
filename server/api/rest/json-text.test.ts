import { expect, test } from "bun:test";
import { JsonText, writeJson } from "./json-text.ts";

test("what is JSON text already is kept to the letter; all else is as JSON has it", () => {
  const exact = '{"n": 12345678901234567890, "e":1e400}';
  expect(writeJson({ a: [new JsonText(exact), undefined], b: undefined, c: "ü\n" })).toBe(
    `{"a":[${exact},null],"c":"ü\\n"}`,
  );
  for (const value of [null, true, 1.5, "x", [], {}, [{ a: { b: [1, "2", null] } }]]) {
    expect(writeJson(value)).toBe(JSON.stringify(value));
  }
});
