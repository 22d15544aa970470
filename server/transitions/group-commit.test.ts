import { expect, test } from "bun:test";
import { GroupCommit } from "./group-commit.ts";

test("items that arrive during a commit are committed together", async () => {
  const groups: number[][] = [];
  const gate = Promise.withResolvers<void>();
  const commits = new GroupCommit<number, number>({
    maxItems: 10,
    maxConcurrent: 1,
    commit: async (items) => {
      groups.push(items);
      if (groups.length === 1) await gate.promise;
      return items.map((item) => item * 2);
    },
  });
  const first = commits.submit(1);
  await new Promise(setImmediate);
  const rest = [2, 3, 4].map((item) => commits.submit(item));
  gate.resolve();
  expect(await Promise.all([first, ...rest])).toEqual([2, 4, 6, 8]);
  expect(groups).toEqual([[1], [2, 3, 4]]);
});

test("no group is larger than allowed and no item is lost or answered twice", async () => {
  const sizes: number[] = [];
  const commits = new GroupCommit<number, number>({
    maxItems: 7,
    commit: async (items) => {
      sizes.push(items.length);
      return items;
    },
  });
  const items = Array.from({ length: 100 }, (_, index) => index);
  expect(await Promise.all(items.map((item) => commits.submit(item)))).toEqual(items);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
  expect(sizes.reduce((a, b) => a + b)).toBe(100);
});

test("an item that is refused takes no other with it", async () => {
  const commits = new GroupCommit<number, number>({
    maxItems: 10,
    commit: async (items) => {
      if (items.includes(3)) throw new Error("3 is refused");
      return items;
    },
  });
  const results = await Promise.allSettled([1, 2, 3, 4].map((item) => commits.submit(item)));
  expect(results.map((result) => result.status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
});

test("while the database is away a group fails as a whole, at once", async () => {
  let calls = 0;
  const commits = new GroupCommit<number, number>({
    maxItems: 10,
    commit: () => {
      calls += 1;
      return Promise.reject(Object.assign(new Error("gone"), { code: "ECONNREFUSED" }));
    },
  });
  const results = await Promise.allSettled([1, 2, 3].map((item) => commits.submit(item)));
  expect(results.every((result) => result.status === "rejected")).toBe(true);
  expect(calls).toBe(1);
});
