import { describe, expect, test } from "bun:test";
import { blockSchemaText } from "./block-schema-text.ts";

describe("the text under a block schema's checksum", () => {
  test.each([
    ["{}", "[[{}], {}]"],
    ['{"b":[1,2],"a":{"d":null,"c":true}}', '[[{"a": {"c": true, "d": null}, "b": [1, 2]}], {}]'],
    [
      '{"a":1.0,"b":1,"c":-0,"d":-0.0,"e":1e2}',
      '[[{"a": 1.0, "b": 1, "c": 0, "d": -0.0, "e": 100.0}], {}]',
    ],
    [
      '{"a":1e15,"b":1e16,"c":0.0001,"d":0.00001}',
      '[[{"a": 1000000000000000.0, "b": 1e+16, "c": 0.0001, "d": 1e-05}], {}]',
    ],
    [
      '{"a":12345678901234567890,"b":1.5E-7,"c":1e400}',
      '[[{"a": 12345678901234567890, "b": 1.5e-07, "c": Infinity}], {}]',
    ],
    [
      '{"a":"é\\u0000\\u007f😀\\"\\\\/\\n"}',
      '[[{"a": "\\u00e9\\u0000\\u007f\\ud83d\\ude00\\"\\\\/\\n"}], {}]',
    ],
  ])("of %p is %p", (fields, text) => {
    expect(blockSchemaText(fields)).toBe(text);
  });

  test("orders keys by characters, not by their UTF-16 units", () => {
    expect(blockSchemaText('{"😀":1,"\\uffff":2,"a":3,"ab":4}')).toBe(
      '[[{"a": 3, "ab": 4, "\\uffff": 2, "\\ud83d\\ude00": 1}], {}]',
    );
  });

  test("has no secret_fields in any object, but keeps what is in lists", () => {
    const fields =
      '{"secret_fields":["x"],"p":{"secret_fields":[],"q":1},"l":[{"secret_fields":1}]}';
    expect(blockSchemaText(fields)).toBe('[[{"l": [{"secret_fields": 1}], "p": {"q": 1}}], {}]');
  });

  test("has the definitions that are referred to and are no blocks", () => {
    const ref = (name: string): object => ({ $ref: `#/definitions/${name}` });
    const fields = {
      properties: { a: ref("Block"), b: { anyOf: [ref("Plain")] } },
      definitions: {
        Block: { block_type_slug: "x", properties: { c: ref("Nested") } },
        Plain: ref("Plain"),
        Nested: {},
        Unused: {},
      },
    };
    expect(blockSchemaText(JSON.stringify(fields))).toContain(
      '"definitions": {"Nested": {}, "Plain": {"$ref": "#/definitions/Plain"}}',
    );
  });

  test("has no definitions at all if none is left", () => {
    expect(blockSchemaText('{"definitions":{"Unused":{}}}')).toBe("[[{}], {}]");
  });
});
