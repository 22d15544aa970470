import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { listLogs, type LogLineView } from "#server/store/logs.ts";
import { appendLogs, type LogChunk } from "#server/transitions/append-logs.ts";
import { newId } from "#shared/ids.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";

let world: LeaseWorld;
beforeAll(async () => {
  world = await LeaseWorld.create();
}, 60_000);
afterAll(() => world.database.drop());

/** A run with one attempt. */
async function attempt(): Promise<{ flowRunId: string; epoch: number }> {
  const agent = await world.hello();
  await world.createRuns(1);
  const [lease] = await world.claim(agent, 1);
  if (lease === undefined) throw new Error("nothing was granted");
  return { flowRunId: lease.flowRunId, epoch: lease.epoch };
}

/** Lines of ten bytes, from the `first`th to before the `last`th. */
function chunk(key: { flowRunId: string; epoch: number }, first: number, last: number): LogChunk {
  return {
    ...key,
    startOffset: first * 10,
    endOffset: last * 10,
    lines: Array.from({ length: last - first }, (_, n) => ({
      offset: (first + n) * 10,
      at: 1_700_000_000_000 + first + n,
      level: 20,
      message: `line ${first + n}`,
    })),
  };
}

async function stored(flowRunId: string): Promise<LogLineView[]> {
  return listLogs(world.database.pool, { flowRunId, after: null, limit: 1000, descending: false });
}
const messages = (lines: readonly LogLineView[]): string[] => lines.map(({ message }) => message);

describe("appending", () => {
  test("stores each line with its time, level and place", async () => {
    const key = await attempt();
    const told: string[] = [];
    const stop = world.ctx.wakeUps.on("flowRun", (id) => told.push(id));
    expect(await appendLogs(world.ctx, [chunk(key, 0, 2)])).toEqual([
      { storedOffset: 20, discarded: false },
    ]);
    stop();
    expect(told).toEqual([key.flowRunId]);
    expect(await stored(key.flowRunId)).toMatchObject([
      { epoch: 1, offset: 0, at: 1_700_000_000_000, level: 20, message: "line 0" },
      { epoch: 1, offset: 10, at: 1_700_000_000_001, level: 20, message: "line 1" },
    ]);
  });

  test("refuses a chunk that leaves a gap and says what is wanted, and wakes nobody", async () => {
    const key = await attempt();
    await appendLogs(world.ctx, [chunk(key, 0, 2)]);
    const told: string[] = [];
    const stop = world.ctx.wakeUps.on("flowRun", (id) => told.push(id));
    expect(await appendLogs(world.ctx, [chunk(key, 3, 4), chunk(key, 0, 2)])).toEqual([
      { storedOffset: 20, discarded: false },
      { storedOffset: 20, discarded: false },
    ]);
    stop();
    expect(told).toEqual([]);
    expect(messages(await stored(key.flowRunId))).toEqual(["line 0", "line 1"]);
  });

  test("takes several chunks of several attempts together and answers in their order", async () => {
    const a = await attempt();
    const b = await attempt();
    const unknown = { flowRunId: newId(), epoch: 1 };
    const answers = await appendLogs(world.ctx, [
      chunk(b, 0, 1),
      chunk(unknown, 0, 1),
      chunk(a, 0, 2),
      chunk(b, 1, 3),
      chunk({ ...a, epoch: 2 }, 0, 1),
      chunk({ flowRunId: "no-run", epoch: 1 }, 0, 1),
    ]);
    expect(answers).toEqual([
      { storedOffset: 10, discarded: false },
      { storedOffset: 0, discarded: true },
      { storedOffset: 20, discarded: false },
      { storedOffset: 30, discarded: false },
      { storedOffset: 0, discarded: true },
      { storedOffset: 0, discarded: true },
    ]);
    expect(messages(await stored(b.flowRunId))).toEqual(["line 0", "line 1", "line 2"]);
  });

  test("answers with nothing done when no chunk could be of an attempt", async () => {
    expect(await appendLogs(world.ctx, [])).toEqual([]);
    expect(
      await appendLogs(world.ctx, [chunk({ flowRunId: "x", epoch: Number.NaN }, 0, 1)]),
    ).toEqual([{ storedOffset: 0, discarded: true }]);
  });

  test("makes storable what an agent may send: NUL, no time, any level", async () => {
    const key = await attempt();
    const line = { offset: 0, at: Number.NaN, level: 2 ** 40, message: "a\0b\ud800" };
    await appendLogs(world.ctx, [{ ...key, startOffset: 0, endOffset: 5, lines: [line] }]);
    const [found] = await stored(key.flowRunId);
    expect(found).toMatchObject({ level: 100, message: "ab\ufffd" });
    expect(found?.at).toBeGreaterThan(1_700_000_000_000);
  });

  test("moves on over output without lines", async () => {
    const key = await attempt();
    await appendLogs(world.ctx, [{ ...key, startOffset: 0, endOffset: 10, lines: [] }]);
    await appendLogs(world.ctx, [chunk(key, 1, 2)]);
    expect(messages(await stored(key.flowRunId))).toEqual(["line 1"]);
  });

  test("of one output from many sides at once neither loses nor doubles a line, nor deadlocks", async () => {
    const keys = [await attempt(), await attempt(), await attempt()];
    const rounds = Array.from({ length: 12 }, (_, n) => {
      const order = n % 2 === 0 ? keys : keys.toReversed();
      return appendLogs(
        world.ctx,
        order.flatMap((key) => [chunk(key, 0, 1 + (n % 4)), chunk(key, 1, 6)]),
      );
    });
    await Promise.all(rounds);
    for (const { flowRunId } of keys) {
      expect(messages(await stored(flowRunId))).toEqual([0, 1, 2, 3, 4, 5].map((n) => `line ${n}`));
    }
  });

  test("stores each line once and in order, whatever chunks come and how often", async () => {
    const piece = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }));
    const batches = fc.array(fc.array(piece, { minLength: 1, maxLength: 4 }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(batches, async (sent) => {
        const key = await attempt();
        for (const batch of sent) {
          await appendLogs(
            world.ctx,
            batch.map(([a, b]) => chunk(key, Math.min(a, b), Math.max(a, b))),
          );
        }
        const [answer] = await appendLogs(world.ctx, [chunk(key, 0, 12)]);
        expect(answer).toEqual({ storedOffset: 120, discarded: false });
        const lines = await stored(key.flowRunId);
        expect(messages(lines)).toEqual(Array.from({ length: 12 }, (_, n) => `line ${n}`));
      }),
      { numRuns: 40 },
    );
  });
});

describe("listing", () => {
  test("goes page by page over all attempts, in both directions, without gap or repeat", async () => {
    const key = await attempt();
    await world.database.pool.query(
      `insert into sluice.lease (flow_run_id, epoch, attempt, work_pool_id, work_queue_id, agent_id,
              agent_name, submitted_at, eligible_at, granted_at, ended_at)
       select flow_run_id, 2, 2, work_pool_id, work_queue_id, agent_id, agent_name, submitted_at,
              eligible_at, granted_at, clock_timestamp() from sluice.lease where flow_run_id = $1`,
      [key.flowRunId],
    );
    await appendLogs(world.ctx, [chunk({ ...key, epoch: 2 }, 0, 3), chunk(key, 0, 4)]);
    const all = ["1:0", "1:10", "1:20", "1:30", "2:0", "2:10", "2:20"];
    for (const descending of [false, true]) {
      const seen: string[] = [];
      let after: LogLineView | null = null;
      for (;;) {
        const page: LogLineView[] = await listLogs(world.database.pool, {
          flowRunId: key.flowRunId,
          after,
          limit: 2,
          descending,
        });
        after = page.at(-1) ?? null;
        if (after === null) break;
        seen.push(...page.map(({ epoch, offset }) => `${epoch}:${offset}`));
      }
      expect(seen).toEqual(descending ? all.toReversed() : all);
    }
  });

  test("reads no day before the run was created", async () => {
    const key = await attempt();
    await appendLogs(world.ctx, [chunk(key, 0, 1)]);
    await world.database.pool.query(
      "create table sluice.log_long_ago partition of sluice.log for values from ('2020-01-01') to ('2020-01-02')",
    );
    const { text, values } = await planOf(key.flowRunId);
    const { rows } = await world.database.pool.query<{ "QUERY PLAN": string }>(
      `explain (analyze, costs off, timing off) ${text}`,
      values,
    );
    const plan = rows.map((row) => row["QUERY PLAN"]);
    const old = plan.findIndex((line) => line.includes("log_long_ago"));
    expect(plan.join("\n")).toContain("log_default");
    expect(old === -1 || (plan[old] ?? "").includes("never executed")).toBe(true);
  });
});

/** The statement that lists a run's lines, as it is sent. */
async function planOf(flowRunId: string): Promise<{ text: string; values: unknown[] }> {
  const sent: { text: string; values: unknown[] }[] = [];
  await listLogs(
    {
      query: (statement) => {
        sent.push(statement);
        return Promise.resolve({ rows: [], rowCount: 0 });
      },
    },
    { flowRunId, after: null, limit: 10, descending: false },
  );
  const [statement] = sent;
  if (statement === undefined) throw new Error("nothing was sent");
  return statement;
}
