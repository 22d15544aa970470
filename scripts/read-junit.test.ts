import { expect, test } from "bun:test";
import { readJunit } from "./read-junit.ts";

test("a report's counts are those of its root, whatever the order of the attributes", () => {
  const xml = `<?xml version="1.0"?>
<testsuites name="bun test" tests="9" assertions="20" skipped="2" failures="3" time="0.1">
  <testsuite name="a" tests="4" failures="1" skipped="0"></testsuite>
</testsuites>
`;
  expect(readJunit(xml)).toEqual({ passed: 4, failed: 3, skipped: 2 });
});

test("a report that was cut short, or is none, counts for nothing", () => {
  expect(readJunit(`<testsuites tests="1" failures="0" skipped="0">`)).toBeUndefined();
  expect(readJunit("")).toBeUndefined();
  expect(readJunit(`<testsuites tests="1"></testsuites>`)).toBeUndefined();
});
