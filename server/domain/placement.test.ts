import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Assignment,
  type PlacementAgent,
  type PlacementCandidate,
  type PlacementInput,
  placeRuns,
} from "./placement.ts";

const NOW = 1_700_000_000_000;
const QUEUES = ["q1", "q2", "q3"];
const INFINITE = Number.POSITIVE_INFINITY;

function run(flowRunId: string, rest: Partial<PlacementCandidate> = {}): PlacementCandidate {
  return { flowRunId, workQueueId: "q1", priority: 1, dueAt: NOW, ...rest };
}

function agent(agentId: string, rest: Partial<PlacementAgent> = {}): PlacementAgent {
  return { agentId, freeSlots: 10, workQueueIds: null, prefetchSeconds: 0, ...rest };
}

function place(rest: Partial<PlacementInput>): string[] {
  const queueFree = new Map(QUEUES.map((queue) => [queue, null]));
  const empty = { candidates: [], agents: [], now: NOW, queueFree, poolFree: null };
  return placeRuns({ ...empty, ...rest }).map((a) => `${a.flowRunId}→${a.agentId}`);
}

describe("placeRuns", () => {
  test("runs are spread: each goes to the agent with the most free slots, ties by id", () => {
    const candidates = ["1", "2", "3", "4"].map((id) => run(id));
    const agents = [
      agent("c", { freeSlots: 1 }),
      agent("b", { freeSlots: 2 }),
      agent("a", { freeSlots: 2 }),
    ];
    expect(place({ candidates, agents })).toEqual(["1→a", "2→b", "3→a", "4→b"]);
  });

  test("a run of a queue without room hides no run behind it", () => {
    const candidates = [run("1"), run("2"), run("3", { workQueueId: "q2", priority: 2 })];
    const queueFree = new Map([
      ["q1", 1],
      ["q2", null],
    ]);
    expect(place({ candidates, agents: [agent("a")], queueFree })).toEqual(["1→a", "3→a"]);
  });

  test("a run that no agent here may take hides no run behind it", () => {
    const candidates = [run("1"), run("2", { workQueueId: "q2", priority: 2 })];
    const agents = [agent("a", { workQueueIds: ["q2"] })];
    expect(place({ candidates, agents })).toEqual(["2→a"]);
  });

  test("a run of a deployment without a slot hides no run behind it", () => {
    const limited = { limitId: "l" };
    const candidates = [run("1", limited), run("2", limited), run("3", { limitId: "m" }), run("4")];
    const limitFree = new Map([
      ["l", 1],
      ["m", null],
    ]);
    expect(place({ candidates, agents: [agent("a")], limitFree })).toEqual(["1→a", "3→a", "4→a"]);
  });

  test("of a limit that was not counted nothing is given, and a lowered one gives nothing", () => {
    const candidates = [run("1", { limitId: "l" }), run("2")];
    expect(place({ candidates, agents: [agent("a")] })).toEqual(["2→a"]);
    const limitFree = new Map([["l", -2]]);
    expect(place({ candidates, agents: [agent("a")], limitFree })).toEqual(["2→a"]);
  });

  test("the pool's limit stops all", () => {
    const candidates = [run("1"), run("2", { workQueueId: "q2" })];
    expect(place({ candidates, agents: [agent("a")], poolFree: 1 })).toEqual(["1→a"]);
    expect(place({ candidates, agents: [agent("a")], poolFree: 0 })).toEqual([]);
    expect(place({ candidates, agents: [agent("a")], poolFree: -3 })).toEqual([]);
  });

  test("a run goes only to an agent whose window covers it", () => {
    const candidates = [run("1", { dueAt: NOW + 5000 }), run("2", { dueAt: NOW + 5001 }), run("3")];
    const agents = [agent("a", { prefetchSeconds: 5, freeSlots: 1 }), agent("b")];
    expect(place({ candidates, agents })).toEqual(["1→a", "3→b"]);
  });

  test("an agent over its limit gets nothing", () => {
    expect(place({ candidates: [run("1")], agents: [agent("a", { freeSlots: -1 })] })).toEqual([]);
  });

  test("an agent over its limit takes no room from the others", () => {
    const agents = [agent("a", { freeSlots: -5 }), agent("b", { freeSlots: 2 })];
    expect(place({ candidates: [run("1"), run("2")], agents })).toEqual(["1→b", "2→b"]);
  });

  test("a queue that is not named gets nothing", () => {
    const queueFree = new Map([["q2", null]]);
    expect(place({ candidates: [run("1")], agents: [agent("a")], queueFree })).toEqual([]);
  });
});

const anyFree = fc.option(fc.integer({ min: 0, max: 6 }), { nil: null });

const anyInput: fc.Arbitrary<PlacementInput> = fc
  .record({
    wanted: fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: -5, max: 15 })), {
      maxLength: 25,
    }),
    agents: fc.uniqueArray(
      fc.record({
        agentId: fc.constantFrom("a", "b", "c", "d", "e"),
        freeSlots: fc.integer({ min: -1, max: 6 }),
        workQueueIds: fc.option(fc.subarray(QUEUES), { nil: null }),
        prefetchSeconds: fc.constantFrom(0, 5, 10),
      }),
      { selector: (a) => a.agentId, maxLength: 5 },
    ),
    queueFree: fc.tuple(anyFree, anyFree, anyFree),
    poolFree: fc.option(fc.integer({ min: 0, max: 15 }), { nil: null }),
  })
  .map(({ wanted, agents, queueFree, poolFree }) => ({
    candidates: wanted
      .toSorted(([q, due], [r, later]) => q - r || due - later)
      .map(([queue, due], index) =>
        run(`run-${index}`, {
          workQueueId: QUEUES[queue] ?? "",
          priority: queue + 1,
          dueAt: NOW + due * 1000,
        }),
      ),
    agents,
    now: NOW,
    queueFree: new Map(QUEUES.map((queue, i) => [queue, queueFree[i] ?? null])),
    poolFree,
  }));

/** What room is left after some assignments, counted anew and without the code under test. */
class Room {
  readonly #input: PlacementInput;
  readonly #done: readonly Assignment[];
  readonly #queueOf: ReadonlyMap<string, string>;

  constructor(input: PlacementInput, done: readonly Assignment[]) {
    this.#input = input;
    this.#done = done;
    this.#queueOf = new Map(input.candidates.map((c) => [c.flowRunId, c.workQueueId]));
  }

  pool(): number {
    return (this.#input.poolFree ?? INFINITE) - this.#done.length;
  }

  queue(id: string): number {
    const used = this.#done.filter((a) => this.#queueOf.get(a.flowRunId) === id).length;
    return (this.#input.queueFree.get(id) ?? INFINITE) - used;
  }

  agent(of: PlacementAgent): number {
    return of.freeSlots - this.#done.filter((a) => a.agentId === of.agentId).length;
  }

  /** The agents that could be given the run now. */
  takers(candidate: PlacementCandidate): PlacementAgent[] {
    if (this.pool() <= 0 || this.queue(candidate.workQueueId) <= 0) return [];
    return this.#input.agents.filter(
      (of) =>
        this.agent(of) > 0 &&
        (of.workQueueIds === null || of.workQueueIds.includes(candidate.workQueueId)) &&
        candidate.dueAt <= this.#input.now + of.prefetchSeconds * 1000,
    );
  }
}

describe("placeRuns, for any candidates, agents and limits", () => {
  function always(check: (input: PlacementInput, placed: readonly Assignment[]) => void): void {
    fc.assert(
      fc.property(anyInput, (input) => check(input, placeRuns(input))),
      { numRuns: 2000 },
    );
  }

  test("limits hold at every prefix, and each run is placed once, where it may go", () => {
    always((input, placed) => {
      const byId = new Map(input.candidates.map((c) => [c.flowRunId, c]));
      expect(new Set(placed.map((a) => a.flowRunId)).size).toBe(placed.length);
      for (const [index, { flowRunId, agentId }] of placed.entries()) {
        const candidate = byId.get(flowRunId);
        if (candidate === undefined) throw new Error(`${flowRunId} was no candidate`);
        const takers = new Room(input, placed.slice(0, index)).takers(candidate);
        expect(takers.map((of) => of.agentId)).toContain(agentId);
      }
    });
  });

  test("no run that fits is left while room for it remains", () => {
    always((input, placed) => {
      const done = new Set(placed.map((a) => a.flowRunId));
      const room = new Room(input, placed);
      for (const candidate of input.candidates) {
        if (!done.has(candidate.flowRunId)) expect(room.takers(candidate)).toEqual([]);
      }
    });
  });

  test("the order is kept: a run is passed over only if nobody could take it at its turn", () => {
    always((input, placed) => {
      let index = 0;
      for (const candidate of input.candidates) {
        const next = placed[index];
        const takers = new Room(input, placed.slice(0, index)).takers(candidate);
        if (next?.flowRunId === candidate.flowRunId) index += 1;
        else expect(takers).toEqual([]);
      }
      expect(index).toBe(placed.length);
    });
  });

  test("a run goes to an agent that has as many free slots as any other that may take it", () => {
    always((input, placed) => {
      for (const [index, { flowRunId, agentId }] of placed.entries()) {
        const room = new Room(input, placed.slice(0, index));
        const candidate = input.candidates.find((c) => c.flowRunId === flowRunId);
        const takers = candidate === undefined ? [] : room.takers(candidate);
        const chosen = takers.find((of) => of.agentId === agentId);
        const most = Math.max(...takers.map((of) => room.agent(of)));
        expect(chosen === undefined ? null : room.agent(chosen)).toBe(most);
      }
    });
  });
});
