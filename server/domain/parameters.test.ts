import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_PARAMETER_BYTES, mergeParameters, parseParameters } from "./parameters.ts";

describe("the parameters of a run", () => {
  test("are the deployment's, each replaced by the run's as a whole", () => {
    const { value, text } = mergeParameters('{"a": {"x": 1}, "b": 2}', '{"a": {"y": 1}, "c": 3}');
    expect(value).toEqual({ a: { y: 1 }, b: 2, c: 3 });
    expect(JSON.parse(text)).toEqual(value);
  });

  test("keep every digit they were given", () => {
    expect(mergeParameters('{"id": 12345678901234567890}', '{"price": 1.10}').text).toBe(
      '{"id":12345678901234567890,"price":1.10}',
    );
    expect(mergeParameters('{"id": 12345678901234567890}', "").text).toContain(
      "12345678901234567890",
    );
  });

  test("are none if nobody gave any", () => {
    expect(mergeParameters("", " ")).toEqual({ value: {}, text: "{}" });
  });

  test("mean the same as text and as value, whatever they hold", () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(object, object, fc.constantFrom(0, 2), (base, over, indent) => {
        const texts = [base, over].map((value) => JSON.stringify(value, null, indent));
        const { value, text } = mergeParameters(texts[0] ?? "", texts[1] ?? "");
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value));
      }),
    );
  });

  test("are refused above 512 KiB, counted in bytes and after merging", () => {
    const half = `{"a":"${"ü".repeat(MAX_PARAMETER_BYTES / 4)}"}`;
    expect(() => parseParameters("parameters_json", half)).not.toThrow();
    expect(() => mergeParameters(half, half.replace("a", "b"))).toThrow(
      "parameters_json: the parameters take 524303 bytes; at most 524288 (512 KiB)",
    );
    const exact = `{"a":"${"x".repeat(MAX_PARAMETER_BYTES - 8)}"}`;
    expect(() => parseParameters("parameters_json", exact)).not.toThrow();
    expect(() => parseParameters("parameters_json", `${exact} `)).toThrow("524289 bytes");
  });

  test("must be an object", () => {
    expect(() => mergeParameters("{}", "[1]")).toThrow("parameters_json: holds an array");
    expect(() => mergeParameters("{}", '{"a":}')).toThrow("line 1, column 6");
  });
});
