import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "#shared/ids.ts";
import { CliOnServer, type CliResult } from "#test/support/cli-on-server.ts";
import { at } from "#test/support/json-value.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

const START_MS = 30_000;

let server: TestServer;
let folder: TemporaryDirectory;
let cli: CliOnServer;
let pool = "";

const queue = (...words: string[]): Promise<CliResult> => cli.run(["work-queue", ...words]);
const json = (...words: string[]): Promise<unknown> => cli.json("work-queue", ...words);

beforeAll(async () => {
  server = await TestServer.start();
  folder = new TemporaryDirectory("cli work queues");
  cli = new CliOnServer(server, folder.path);
}, START_MS);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

beforeEach(async () => {
  pool = `pool-${newId()}`;
  expect((await cli.run(["work-pool", "create", pool, "--type", "process"])).code).toBe(0);
});

/** Names of what a list printed as JSON. */
function names(list: unknown): unknown[] {
  return (Array.isArray(list) ? list : []).map((entry) => at(entry, "name"));
}

describe("work-queue create", () => {
  test("makes what the flags say, and says where", async () => {
    const { code, out } = await queue("create", "urgent", "-p", pool, "-q", "1", "-l", "0");
    expect(code).toBe(0);
    expect(out).toContain(`Created work queue 'urgent' in work pool '${pool}', with priority 1.`);
    expect(out).toContain(`agent --pool ${pool} --work-queue urgent`);
    expect(await json("inspect", "urgent", "--pool", pool)).toEqual({
      id: expect.any(String),
      name: "urgent",
      work_pool: pool,
      work_pool_id: expect.any(String),
      description: null,
      priority: 1,
      concurrency_limit: 0,
      is_paused: false,
      status: "NOT_READY",
      last_polled_at: null,
      is_default: false,
      slots_held: 0,
      waiting_runs: 0,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      status_details: {
        healthy: false,
        late_runs: 0,
        last_polled_at: null,
        maximum_late_runs: 0,
        maximum_seconds_since_last_polled: 60,
      },
    });
    const flags = ["--description", "slow", "--paused", "--pool", pool];
    expect(await json("create", "nightly", ...flags)).toMatchObject({
      description: "slow",
      is_paused: true,
      priority: 3,
    });
  });

  test("without a pool goes to `default-agent-pool`, and says so", async () => {
    const name = `q-${newId()}`;
    const { code, out } = await queue("create", name);
    expect(code).toBe(0);
    expect(out).toContain("'default-agent-pool'");
    expect(await json("inspect", name)).toMatchObject({ work_pool: "default-agent-pool" });
    expect((await queue("pause", name)).out).toBe(`Paused work queue '${name}'.\n`);
  });

  test("ends with 1 where the control plane refuses, and with 2 for wrong usage", async () => {
    const missing = await queue("create", "q", "--pool", "nowhere");
    expect(missing).toMatchObject({ code: 1, out: "" });
    expect(missing.err).toContain("There is no work pool 'nowhere'");
    const taken = await queue("create", "default", "--pool", pool);
    expect(taken.code).toBe(1);
    expect(taken.err).toContain("there is a work queue 'default'");
    for (const words of [["a/b"], ["q", "--priority", "0"], ["q", "--limit", "-1"], []]) {
      expect((await queue("create", ...words, "--pool", pool)).code).toBe(2);
    }
  });
});

describe("work-queue ls", () => {
  test("lists a pool's queues by priority, and those of all pools by name", async () => {
    const prefix = `n${newId()}`;
    await queue("create", `${prefix}-b`, "-p", pool, "--priority", "1");
    await queue("create", `${prefix}-a`, "-p", pool, "--description", "more of it");
    expect(names(await json("ls", "--pool", pool))).toEqual([
      `${prefix}-b`,
      "default",
      `${prefix}-a`,
    ]);
    const match = prefix.toUpperCase();
    expect(names(await json("ls", "--match", match))).toEqual([`${prefix}-a`, `${prefix}-b`]);
    expect(await json("ls", "-m", "nothing begins so")).toEqual([]);
    const all = (await queue("ls", "-m", prefix)).out;
    expect(all).toMatch(/^NAME +POOL +PRIORITY +STATUS +SLOTS +WAITING\n/);
    expect(all).toContain(pool);
    await queue("pause", `${prefix}-a`, "-p", pool);
    const { out } = await queue("ls", "-p", pool, "-v");
    expect(out).toMatch(/^NAME +PRIORITY +STATUS +SLOTS +WAITING +ID +DESCRIPTION\n/);
    expect(out).toMatch(new RegExp(`${prefix}-a +3 +paused +0/∞ +0 .*more of it`));
    expect((await queue("ls", "-m", "nothing")).out).toContain("No work queue's name begins");
    expect((await queue("ls", "-p", "nowhere")).code).toBe(1);
  });
});

describe("changing a work queue", () => {
  test("by its name in a pool and by its id", async () => {
    const created = await json("create", "before", "--pool", pool);
    const id = String(at(created, "id"));
    const flags = ["--name", "after", "--description", "new", "-q", "1", "-l", "4"];
    const updated = await json("update", "before", "--pool", pool, ...flags);
    expect(updated).toMatchObject({
      name: "after",
      description: "new",
      priority: 1,
      concurrency_limit: 4,
    });
    expect((await queue("pause", id)).out).toBe("Paused work queue 'after'.\n");
    expect(await json("inspect", id)).toMatchObject({ is_paused: true, status: "PAUSED" });
    expect(await json("resume", id, "--pool", pool)).toMatchObject({ is_paused: false });
    const limited = await queue("set-concurrency-limit", id, "0");
    expect(limited.out).toBe("Work queue 'after' runs at most 0 at once.\n");
    expect(await json("clear-concurrency-limit", "after", "-p", pool)).toMatchObject({
      concurrency_limit: null,
    });
    const elsewhere = await queue("pause", id, "--pool", "another");
    expect(elsewhere.code).toBe(1);
    expect(elsewhere.err).toContain(`is in work pool '${pool}', not in 'another'`);
  });

  test("of one that is not there ends with 1 and its name; of nothing with 2", async () => {
    for (const words of [
      ["inspect", "nope"],
      ["pause", "nope"],
      ["resume", "nope"],
      ["set-concurrency-limit", "nope", "1"],
      ["clear-concurrency-limit", "nope"],
      ["slots", "nope"],
      ["preview", "nope"],
      ["read-runs", "nope"],
      ["delete", "nope"],
    ]) {
      const { code, err } = await queue(...words, "--pool", pool);
      expect(code).toBe(1);
      expect(err).toContain(`There is no work queue 'nope' in work pool '${pool}'`);
    }
    const nothing = await queue("update", "default", "--pool", pool);
    expect(nothing.code).toBe(2);
    expect(nothing.err).toContain("nothing to change");
  });
});

test("work-queue preview shows what is due soon, read-runs what would be handed out, slots who holds one", async () => {
  await cli.deploy(pool, "flow/queued", "true");
  const inSeconds = async (seconds: number): Promise<string> =>
    String(
      at(await cli.json("deployment", "run", "flow/queued", "--start-in", `${seconds}`), "id"),
    );
  const ids = (list: unknown): unknown[] =>
    (Array.isArray(list) ? list : []).map((run) => at(run, "id"));
  const [soon, now, later] = [await inSeconds(600), await inSeconds(0), await inSeconds(7200)];
  const flags = ["default", "--pool", pool];
  expect(ids(await json("preview", ...flags))).toEqual([now, soon]);
  expect(ids(await json("preview", ...flags, "--hours", "3"))).toEqual([now, soon, later]);
  expect(ids(await json("read-runs", ...flags))).toEqual([now]);
  const { out } = await queue("preview", ...flags);
  expect(out).toMatch(/^ID +FLOW +NAME +STATE +DUE\n/);
  expect(out).toMatch(new RegExp(`${soon} .* in (9|10) minutes`));

  await queue("pause", ...flags);
  expect(ids(await json("preview", ...flags))).toEqual([now, soon]);
  expect((await queue("read-runs", ...flags)).out).toBe(
    "No run of work queue 'default' would be handed out now.\n",
  );
  await queue("resume", ...flags);
  expect((await queue("slots", ...flags)).out).toBe("slots held  0/∞\nNobody holds a slot.\n");

  const agent = server.session();
  await agent.hello({ workPoolName: pool, limit: 1, name: "holder" });
  agent.credit(1);
  const [lease] = await agent.leases();
  if (lease?.ref === undefined) throw new Error("no lease was granted");
  agent.say({ $case: "accepted", value: { refs: [lease.ref] } });
  expect(await json("slots", ...flags)).toMatchObject({
    name: "default",
    slots_held: 1,
    concurrency_limit: null,
    flow_runs: [{ id: now, agent: "holder" }],
  });
  const shown = (await queue("slots", ...flags)).out;
  expect(shown).toContain("slots held  1/∞");
  expect(shown).toMatch(new RegExp(`${now} .*Pending .*holder`));
  agent.cut();
});

test("work-queue delete deletes it, but never a pool's default one", async () => {
  const created = await json("create", "gone", "--pool", pool);
  expect(await json("delete", "gone", "--pool", pool)).toEqual({
    deleted: "gone",
    work_pool: pool,
    id: at(created, "id"),
  });
  expect((await queue("inspect", "gone", "--pool", pool)).code).toBe(1);
  const refused = await queue("delete", "default", "--pool", pool);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(`is the default queue of work pool '${pool}'`);
  expect((await queue("delete", "default", "--pool", pool, "--yes")).code).toBe(1);
});
