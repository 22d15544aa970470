import { describe, expect, test } from "bun:test";
import { normaliseDateTime, readDateTime, writeDateTime } from "./date-time.ts";

describe("times of requests", () => {
  test.each([
    ["2026-11-23T18:28:46.149550Z", "2026-11-23T18:28:46.149550Z"],
    ["2026-11-23 18:28:46.149550+00:00", "2026-11-23T18:28:46.149550Z"],
    ["2026-11-23t18:28:46z", "2026-11-23T18:28:46.000000Z"],
    ["2026-11-23T20:28:46.1+02:00", "2026-11-23T18:28:46.100000Z"],
    ["2026-11-23T13:58:46-0430", "2026-11-23T18:28:46.000000Z"],
    ["2026-11-23T20:28:46+02", "2026-11-23T18:28:46.000000Z"],
    ["2026-11-23T18:28:46.123456789", "2026-11-23T18:28:46.123456Z"],
    ["2026-11-23T18:28", "2026-11-23T18:28:00.000000Z"],
    ["2026-11-23", "2026-11-23T00:00:00.000000Z"],
    ["0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00.000000Z"],
    [1_795_458_526.25, "2026-11-23T18:28:46.250000Z"],
    [0, "1970-01-01T00:00:00.000000Z"],
    [-0.5, "1969-12-31T23:59:59.500000Z"],
  ])("%p is %s", (given, expected) => {
    expect(normaliseDateTime(given)).toBe(expected);
  });

  test.each([
    "yesterday",
    "",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-11-23T25:00:00Z",
    "1795458526.25",
    "2026-11-23T18:28:46.Z",
    1e300,
    Number.NaN,
    null,
    true,
    {},
  ])("%p is none", (given) => {
    expect(normaliseDateTime(given)).toBeUndefined();
  });

  test("keep their microseconds on the way in and out", () => {
    const text = "2026-11-23T18:28:46.149551Z";
    expect(writeDateTime(readDateTime(text))).toBe(text);
    expect(readDateTime("1970-01-01T00:00:01.000000Z")).toBe(1000);
  });
});
