import { describe, expect, test } from "bun:test";
import { queueUpdates, requireDistinctPlaces, requirePriority } from "./work-queue.ts";

describe("a priority", () => {
  test.each([1, 2_147_483_647])("%p is one", (priority) => {
    expect(() => requirePriority("priority", priority)).not.toThrow();
  });

  test.each([0, -1, 1.5, Number.NaN, 2_147_483_648])("%p is none", (priority) => {
    expect(() => requirePriority("priority", priority)).toThrow(
      `priority: ${priority} is no priority`,
    );
  });
});

describe("places", () => {
  test("are each given once, to one queue each", () => {
    const places = [
      { id: "a", priority: 1 },
      { id: "b", priority: 2 },
    ];
    expect(() => requireDistinctPlaces("places", places)).not.toThrow();
    expect(() => requireDistinctPlaces("places", [...places, { id: "a", priority: 3 }])).toThrow(
      "places: queue a is named twice",
    );
    expect(() => requireDistinctPlaces("places", [...places, { id: "c", priority: 2 }])).toThrow(
      "places: priority 2 is given to two queues",
    );
  });
});

test("what is different is told from what to what, and nothing else", () => {
  const before = { name: "a", description: "", priority: 1, concurrencyLimit: 0 };
  expect(queueUpdates(before, before)).toEqual({});
  expect(queueUpdates(before, { ...before, concurrencyLimit: null, priority: 2 })).toEqual({
    concurrency_limit: { from: 0, to: null },
    priority: { from: 1, to: 2 },
  });
  expect(queueUpdates(before, { ...before, name: "b", description: "c" })).toEqual({
    name: { from: "a", to: "b" },
    description: { from: "", to: "c" },
  });
});
