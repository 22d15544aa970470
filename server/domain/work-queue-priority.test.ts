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

describe("against a small model", () => {
  const LAST = 9;
  const places = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });
  const queuesOf = (taken: readonly number[]) =>
    taken.map((priority, index) => ({ id: `q${index}`, priority }));

  /** Tries all places that keep the order and move nobody up; the least sum of them all. */
  function leastShift(
    others: readonly number[],
    reserved: ReadonlySet<number>,
    first: number,
  ): number[] {
    const movable = others.filter((priority) => priority >= first);
    let best: number[] = [];
    let least = Infinity;
    const place = (chosen: readonly number[], sum: number): void => {
      const wanted = movable[chosen.length];
      if (wanted === undefined) {
        if (sum < least) [best, least] = [[...chosen], sum];
        return;
      }
      const from = Math.max(wanted, (chosen.at(-1) ?? 0) + 1);
      for (let to = from; to <= LAST + movable.length; to += 1) {
        if (!reserved.has(to)) place([...chosen, to], sum + to);
      }
    };
    place([], 0);
    return [...others.filter((priority) => priority < first), ...best];
  }

  test("no way to give others a place moves them less", () => {
    fc.assert(
      fc.property(
        places,
        fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 4 }),
        (taken, wanted, from) => {
          const before = queuesOf(taken);
          const targets = wanted.map((priority, index) => ({ id: `q${from + index}`, priority }));
          const moved = new Set(targets.map(({ id }) => id));
          const others = before
            .filter(({ id }) => !moved.has(id))
            .toSorted((a, b) => a.priority - b.priority);
          const changes = shiftPriorities(before, targets);
          const after = others.map(({ id, priority }) => changes.get(id) ?? priority);
          expect(after).toEqual(
            leastShift(
              others.map(({ priority }) => priority),
              new Set(wanted),
              Math.min(...wanted),
            ),
          );
        },
      ),
    );
  });

  test("a new queue without a priority takes the least number that nobody has", () => {
    fc.assert(
      fc.property(places, (taken) => {
        const chosen = unusedPriority(taken);
        expect(taken).not.toContain(chosen);
        for (let less = 1; less < chosen; less += 1) expect(taken).toContain(less);
      }),
    );
  });

  test("any number of changes one after the other leave no two queues in one place", () => {
    const step = fc.record({
      queue: fc.integer({ min: 0, max: 6 }),
      priority: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const places = new Map<string, number>();
        for (const { queue, priority } of steps) {
          const queues = [...places].map(([id, place]) => ({ id, priority: place }));
          for (const [id, place] of shiftPriorities(queues, [{ id: `q${queue}`, priority }])) {
            places.set(id, place);
          }
          expect(places.get(`q${queue}`)).toBe(priority);
          expect(new Set(places.values()).size).toBe(places.size);
        }
      }),
    );
  });
});
