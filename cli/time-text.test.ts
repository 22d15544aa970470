import { describe, expect, test } from "bun:test";
import { localTime, parseSpan, parseTime, relativeTime, shortSpan } from "./time-text.ts";

describe("spans", () => {
  test.each([
    ["90", 90_000],
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["2 hours 5 minutes", 7_500_000],
    ["1.5 min", 90_000],
    ["250ms", 250],
    ["1d, 1h", 90_000_000],
    ["0", 0],
  ])("%p is %i ms", (text, ms) => {
    expect(parseSpan(text)).toBe(ms);
  });

  test.each(["", "soon", "5 parsecs", "-5s", "1h x", "h1"])("%p is refused", (text) => {
    expect(() => parseSpan(text)).toThrow();
  });

  test.each([
    [0.4249, "0.42 s"],
    [12.34, "12.3 s"],
    [185, "3 m 05 s"],
    [7800, "2 h 10 m"],
  ])("%p seconds are shown as %p", (seconds, text) => {
    expect(shortSpan(seconds)).toBe(text);
  });
});

describe("times", () => {
  test("a time with a zone is that moment", () => {
    expect(parseTime("2030-01-31T09:00:00+02:00").toISOString()).toBe("2030-01-31T07:00:00.000Z");
    expect(parseTime("2030-01-31 09:00Z").toISOString()).toBe("2030-01-31T09:00:00.000Z");
  });

  test("a time without a zone is local, and a date is its local beginning", () => {
    expect(localTime(parseTime("2030-01-31T09:00"))).toBe("2030-01-31 09:00:00.000");
    expect(localTime(parseTime("2030-01-31"))).toBe("2030-01-31 00:00:00.000");
  });

  test.each(["", "tomorrow", "2030-13-01", "09:00", "5", "2030-01-31T25:00"])(
    "%p is refused",
    (text) => {
      expect(() => parseTime(text)).toThrow("is not a time");
    },
  );

  test.each([
    [0, "now"],
    [-61_000, "1 minute ago"],
    [7_300_000, "in 2 hours"],
    [-172_800_000, "2 days ago"],
  ])("%i ms from now is %p", (distance, text) => {
    expect(relativeTime(new Date(1_000_000_000_000 + distance), 1_000_000_000_000)).toBe(text);
  });
});
