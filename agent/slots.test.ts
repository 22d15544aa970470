import { expect, test } from "bun:test";
import fc from "fast-check";
import { freeSlots } from "./slots.ts";

const holders = fc.array(fc.record({ holdsSlot: fc.boolean() }), { maxLength: 50 });

test("free slots and held slots add up to the limit, and none are free beyond it", () => {
  fc.assert(
    fc.property(holders, fc.integer({ min: 1, max: 60 }), (held, limit) => {
      const taken = held.filter(({ holdsSlot }) => holdsSlot).length;
      expect(freeSlots(limit, held, true)).toBe(Math.max(0, limit - taken));
    }),
  );
});

test("an agent that must not take work has no free slot, whatever its limit", () => {
  expect(freeSlots(5, [], false)).toBe(0);
  expect(freeSlots(null, [], false)).toBe(0);
});

test("an agent without a limit offers a thousand, less what it holds", () => {
  expect(freeSlots(null, [{ holdsSlot: true }, { holdsSlot: false }], true)).toBe(999);
});
