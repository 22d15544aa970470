import { describe, expect, test } from "bun:test";
import { CommitLane } from "./commit-lane.ts";

const away = (): Error => Object.assign(new Error("refused"), { code: "ECONNREFUSED" });

describe("CommitLane", () => {
  test("commits in order, and what arrives meanwhile in the next group", async () => {
    const groups: number[][] = [];
    const lane = new CommitLane<number>({
      commit: async (items) => {
        groups.push([...items]);
        if (groups.length === 1) lane.add(3, 3);
      },
      onFailure: () => {},
    });
    lane.add(1, 1);
    lane.add(2, 2);
    await lane.idle();
    expect(groups).toEqual([[1, 2], [3]]);
  });

  test("an item that comes again while it waits is committed once", async () => {
    const groups: number[][] = [];
    const lane = new CommitLane<number>({
      commit: async (items) => void groups.push([...items]),
      onFailure: () => {},
    });
    lane.add("a", 1);
    lane.add("a", 1);
    await lane.idle();
    expect(groups).toEqual([[1]]);
  });

  test("while the database is away it tries the same again, before anything newer", async () => {
    const tries: number[][] = [];
    const lane = new CommitLane<number>({
      commit: async (items) => {
        tries.push([...items]);
        if (tries.length > 1) return;
        lane.add(2, 2);
        throw away();
      },
      onFailure: () => {},
    });
    lane.add(1, 1);
    await lane.idle();
    expect(tries).toEqual([[1], [1], [2]]);
  });

  test("what repeating does not cure is told once, and ends the lane", async () => {
    const failures: unknown[] = [];
    const broken = new Error("broken");
    const lane = new CommitLane<number>({
      commit: () => Promise.reject(broken),
      onFailure: (error) => failures.push(error),
    });
    lane.add(1, 1);
    await lane.idle();
    lane.add(2, 2);
    await lane.idle();
    expect(failures).toEqual([broken]);
  });

  test("a closed lane does not try again", async () => {
    let tries = 0;
    const lane = new CommitLane<number>({
      commit: async () => {
        tries += 1;
        lane.close();
        throw away();
      },
      onFailure: () => {},
    });
    lane.add(1, 1);
    await lane.idle();
    expect(tries).toBe(1);
  });
});
