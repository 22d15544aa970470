import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MOMENT, pageSize, readPageToken, toPage, writePageToken } from "./page-token.ts";

describe("page tokens", () => {
  test("a token read back is the key it was made of", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (name, place) => {
        const token = writePageToken("logs", [name, place]);
        expect(readPageToken("logs", token, ["", 0])).toEqual([name, place]);
      }),
    );
  });

  test("no text that is not a token is taken for one", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        expect(() => readPageToken("pools", text, [""])).toThrow("page_token");
      }),
    );
  });

  test("the token of another list, or one with other parts, is refused", () => {
    const token = writePageToken("pools", ["a"]);
    expect(() => readPageToken("agents", token, [""])).toThrow("not a token of this list");
    expect(() => readPageToken("pools", token, [0])).toThrow("not a token of this list");
    expect(() => readPageToken("pools", token, ["", ""])).toThrow("not a token of this list");
  });

  test("a number that no place in a list has is refused", () => {
    for (const place of [1.5, 1e300, 9e18]) {
      const token = writePageToken("lines", [place]);
      expect(() => readPageToken("lines", token, [0])).toThrow("not a token of this list");
    }
  });

  test("a time has its fraction, and a time that no database holds is refused", () => {
    const token = writePageToken("agents", [1_795_518_869_123.456, "id"]);
    expect(readPageToken("agents", token, [MOMENT, ""])).toEqual([1_795_518_869_123.456, "id"]);
    for (const time of [1e300, -9e15]) {
      const far = writePageToken("agents", [time, "id"]);
      expect(() => readPageToken("agents", far, [MOMENT, ""])).toThrow("not a token of this list");
    }
  });

  test("the empty token is the first page", () => {
    expect(readPageToken("pools", "", [""])).toBeNull();
  });
});

describe("page sizes", () => {
  test("0 is 200, and 201 is refused with the most there may be", () => {
    expect(pageSize(0)).toBe(200);
    expect(pageSize(200)).toBe(200);
    expect(() => pageSize(201)).toThrow("1 to 200");
    expect(() => pageSize(-1)).toThrow("page_size");
    expect(pageSize(1000, 1000)).toBe(1000);
  });
});

describe("pages", () => {
  const token = (row: number): string => `behind ${row}`;

  test("a page has a next one only if more was read than fits", () => {
    expect(toPage([1, 2], 2, () => 1, token)).toEqual({ rows: [1, 2], nextPageToken: "" });
    expect(toPage([1, 2, 3], 2, () => 1, token)).toEqual({
      rows: [1, 2],
      nextPageToken: "behind 2",
    });
    expect(toPage([], 2, () => 1, token)).toEqual({ rows: [], nextPageToken: "" });
  });

  test("large rows make a short page, which still has at least one row", () => {
    const mebibyte = 1024 * 1024;
    expect(toPage([1, 2, 3], 200, () => mebibyte, token).rows).toEqual([1, 2]);
    expect(toPage([1, 2], 200, () => 9 * mebibyte, token)).toEqual({
      rows: [1],
      nextPageToken: "behind 1",
    });
  });
});
