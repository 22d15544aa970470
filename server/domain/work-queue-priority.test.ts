import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { shiftPriorities, unusedPriority } from "./work-queue-priority.ts";

test("a new queue fills the first gap, and else comes last", () => {
  expect(unusedPriority([])).toBe(1);
  expect(unusedPriority([1, 2, 4])).toBe(3);
  expect(unusedPriority([1, 2, 3])).toBe(4);
  expect(unusedPriority([2, 2])).toBe(1);
});

describe("giving a queue a priority", () => {
  const queues = [
    { id: "default", priority: 1 },
    { id: "a", priority: 2 },
    { id: "c", priority: 5 },
  ];

  test("pushes down who has it, and who then collides, and nobody else", () => {
    expect([...shiftPriorities(queues, [{ id: "z", priority: 1 }])]).toEqual([
      ["z", 1],
      ["default", 2],
      ["a", 3],
    ]);
  });

  test("moves nobody when it is free", () => {
    expect([...shiftPriorities(queues, [{ id: "z", priority: 4 }])]).toEqual([["z", 4]]);
  });

  test("changes nothing when the queue has it", () => {
    expect(shiftPriorities(queues, [{ id: "a", priority: 2 }]).size).toBe(0);
  });

  test("keeps the order of the others, moves none up, and leaves no two in one place", () => {
    const priorities = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 });
    fc.assert(
      fc.property(
        priorities,
        fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
        fc.nat(),
        (taken, wanted, seed) => {
          const before = taken.map((priority, index) => ({ id: `q${index}`, priority }));
          const targets = wanted.map((priority, index) => ({
            id: `q${(seed % 12) + index}`,
            priority,
          }));
          const changes = shiftPriorities(before, targets);
          const after = new Map(before.map(({ id, priority }) => [id, priority]));
          for (const [id, priority] of changes) after.set(id, priority);
          for (const { id, priority } of targets) expect(after.get(id)).toBe(priority);
          expect(new Set(after.values()).size).toBe(after.size);
          const moved = new Set(targets.map(({ id }) => id));
          const others = before
            .filter(({ id }) => !moved.has(id))
            .toSorted((x, y) => x.priority - y.priority);
          const places = others.map(({ id }) => after.get(id) ?? 0);
          expect(places).toEqual(places.toSorted((x, y) => x - y));
          others.forEach(({ priority }, index) =>
            expect(places[index]).toBeGreaterThanOrEqual(priority),
          );
        },
      ),
    );
  });
});
