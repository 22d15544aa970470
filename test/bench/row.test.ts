import { expect, test } from "bun:test";
import { percentile, row, table } from "./row.ts";

test("a value is judged by its budget in the right direction", () => {
  expect(row("a", 10, "ms", { atMost: 10 })).toMatchObject({ ok: true, budget: 10 });
  expect(row("a", 11, "ms", { atMost: 10 }).ok).toBe(false);
  expect(row("a", 9, "runs/s", { atLeast: 10 }).ok).toBe(false);
  expect(row("a", 9, "runs/s")).toMatchObject({ ok: true, budget: null, baseline: null });
});

test("what could not be measured is never ok", () => {
  expect(row("a", Number.NaN, "ms", { atMost: 1 }).ok).toBe(false);
});

test("a percentile is one of the samples", () => {
  const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(samples, 0.5)).toBe(50);
  expect(percentile(samples, 0.99)).toBe(99);
  expect(percentile(samples, 1)).toBe(100);
  expect(percentile([], 0.5)).toBeNaN();
});

test("the table is aligned", () => {
  const lines = table([row("long name", 5.123, "ms", { atMost: 10 }), row("b", 1234.5, "x")]).split(
    "\n",
  );
  expect(lines).toEqual([
    "what       value  unit  budget  baseline",
    "long name   5.12  ms        10         –  ok",
    "b           1235  x          –         –  ok",
  ]);
});
