import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  collectJson,
  collectText,
  jsonOrText,
  notNegative,
  splitKeyValue,
  wholeNumber,
} from "./key-value.ts";

describe("key=value", () => {
  test.each([
    ["a=5", "a", 5],
    ['a="5"', "a", "5"],
    ["a=", "a", ""],
    ["a=b=c", "a", "b=c"],
    ["a=[1, 2]", "a", [1, 2]],
    ["a=null", "a", null],
    ["a=true", "a", true],
    ["a=True", "a", "True"],
    ["env.FOO=x", "env.FOO", "x"],
  ])("%p gives %p the value %p", (text, key, value) => {
    expect([...collectJson(text)]).toEqual([[key, value]]);
  });

  test.each(["a", "=5", " =5", ""])("%p is refused", (text) => {
    expect(() => splitKeyValue(text)).toThrow("write key=value");
  });

  test("the last value of a key wins, and the others stay", () => {
    let all = collectJson("a=1");
    for (const text of ["b=2", "a=3"]) all = collectJson(text, all);
    expect([...all]).toEqual([
      ["a", 3],
      ["b", 2],
    ]);
  });

  test("variables of a process stay text", () => {
    expect(collectText("PORT=0080").get("PORT")).toBe("0080");
  });

  test("every JSON value comes back as itself", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(jsonOrText(text)).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe("numbers of options", () => {
  test.each(["", "x", "1.5", "1e3", "0x10", "9007199254740993"])(
    "%p is no whole number",
    (text) => {
      expect(() => wholeNumber(0)(text)).toThrow("whole number");
    },
  );

  test("the range is told", () => {
    expect(() => wholeNumber(1)("0")).toThrow("at least 1");
    expect(() => wholeNumber(0, 5)("6")).toThrow("at most 5");
    expect(() => wholeNumber(0)("2147483648")).toThrow("at most 2147483647");
    expect(wholeNumber(0)("0")).toBe(0);
  });

  test.each(["", "-1", "NaN", "Infinity", "soon"])("%p is no span in seconds", (text) => {
    expect(() => notNegative(text)).toThrow("at least 0");
  });
});
