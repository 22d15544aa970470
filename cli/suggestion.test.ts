import { expect, test } from "bun:test";
import { nearest } from "./suggestion.ts";

const KEYS = ["flow", "name", "work_pool", "working_dir", "retries"];

test.each([
  ["work_pol", "work_pool"],
  ["nmae", "name"],
  ["retires", "retries"],
  ["Flow", "flow"],
  ["pool", "work_pool"],
  ["workingdir", "working_dir"],
])("%p is near %p", (word, meant) => {
  expect(nearest(word, KEYS)).toBe(meant);
});

test.each(["schedule", "x", "zzzz"])("nothing is near %p", (word) => {
  expect(nearest(word, KEYS)).toBeUndefined();
});

test("nothing is near where there is nothing", () => {
  expect(nearest("a", [])).toBeUndefined();
});
