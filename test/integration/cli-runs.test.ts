import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type RunningAgent, startAgent } from "#agent/compose.ts";
import { silentLogger } from "#shared/logger.ts";
import { CliOnServer, type CliResult } from "#test/support/cli-on-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { at } from "#test/support/json-value.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

const START_MS = 30_000;

let server: TestServer;
let folder: TemporaryDirectory;
let agent: RunningAgent;
let cli: CliOnServer;

const sluice = (words: readonly string[]): Promise<CliResult> => cli.run(words);
const json = (...words: string[]): Promise<unknown> => cli.json(...words);

beforeAll(async () => {
  server = await TestServer.start();
  folder = new TemporaryDirectory("cli runs");
  cli = new CliOnServer(server, folder.path);
  await server.client.createWorkPool({ name: "served", type: "process" });
  agent = await startAgent({
    workPoolName: "served",
    agentName: "hand",
    workQueueNames: [],
    type: undefined,
    limit: 4,
    prefetchSeconds: 0,
    createPool: false,
    runOnce: false,
    agentsDirectory: folder.path,
    stateDirectory: undefined,
    hostname: "host",
    target: {
      url: new URL(`http://${server.address}`),
      token: undefined,
      rootCertificates: undefined,
    },
    jobSettings: {},
    environment: process.env,
    logger: silentLogger,
  });
  await agent.connected;
}, START_MS);

afterAll(async () => {
  agent.stopRuns("the test is over", 0);
  await agent.close();
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe("runs that an agent takes", () => {
  test("show output and a timeline that adds up, and end with 0", async () => {
    await cli.deploy("served", "shown/one", 'echo "top is $SLUICE_PARAMETERS"', "--param", "top=3");
    const run = await sluice(["deployment", "run", "shown/one", "--watch"]);
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).toMatch(/\| top is \{"top":\s?3\}/);
    expect(run.out).toContain("ended COMPLETED");
    const rows = [...run.out.matchAll(/^(\w+) +(\d+\.\d{3}) +(\d+\.\d{3})$/gm)];
    expect(rows.map(([, hop]) => hop)).toEqual(
      expect.arrayContaining([
        "submitted",
        "claimed",
        "start_granted",
        "process_started",
        "exited",
      ]),
    );
    let micros = 0;
    for (const [, , step, total] of rows) {
      micros += Math.round(Number(step) * 1_000);
      expect(Math.round(Number(total) * 1_000)).toBe(micros);
    }
    expect((await sluice(["agent", "ls"])).out).toMatch(
      /^hand +served +process +online +\d\/4 +all/m,
    );
  });

  test("show all states they were in, and their output between those it belongs to", async () => {
    await cli.deploy("served", "order/one", "seq 1 300");
    const { out } = await sluice(["deployment", "run", "order/one", "--watch"]);
    const events = [...out.matchAll(/^\d\d:\d\d:\d\d\.\d{3} (?:\| )?(\w+)$/gm)].map(
      ([, text]) => text,
    );
    const lines = Array.from({ length: 300 }, (_, index) => String(index + 1));
    expect(events).toEqual(["Scheduled", "Pending", "Running", ...lines, "Completed"]);
  });

  test("end with 1 when the program fails, and say how", async () => {
    await cli.deploy("served", "failing/one", "echo before; exit 4");
    const run = await sluice(["deployment", "run", "failing/one", "--watch"]);
    expect(run.code).toBe(1);
    expect(run.out).toContain("exit code 4");
    expect(run.err).toContain("is FAILED");
  });

  test("print their output whole, from the end, from the beginning and backwards", async () => {
    await cli.deploy("served", "lines/one", "seq 1 2500");
    const run = await json("deployment", "run", "lines/one", "--watch");
    const id = String(at(run, "flow_run", "id"));
    const printed = async (...flags: string[]): Promise<string[]> => {
      const { out } = await sluice(["flow-run", "logs", id, ...flags]);
      return out
        .split("\n")
        .slice(0, -1)
        .map((line) => line.split(" - ")[1] ?? "");
    };
    const all = Array.from({ length: 2500 }, (_, index) => String(index + 1));
    // A run may end before its last lines are stored; following waits for them.
    expect(await printed("--follow")).toEqual(all);
    expect(await printed()).toEqual(all);
    expect(await printed("--reverse")).toEqual(all.toReversed());
    expect(await printed("--tail", "1200")).toEqual(all.slice(-1200));
    expect(await printed("--head", "1200")).toEqual(all.slice(0, 1200));
    expect(await printed("--tail", "2", "--reverse")).toEqual(["2500", "2499"]);
    expect(await printed("--tail", "0")).toEqual([]);
    expect(await printed("--follow", "--tail", "3")).toEqual(["2498", "2499", "2500"]);
    expect(await json("flow-run", "logs", id, "--head", "1")).toMatchObject([
      { message: "1", level: 20, offset: 0 },
    ]);
  });

  test("are stopped while they run, and inspected afterwards", async () => {
    await cli.deploy("served", "long/one", "echo up; sleep 60");
    const id = String(at(await json("deployment", "run", "long/one"), "id"));
    await eventually(async () => (await sluice(["flow-run", "logs", id])).out.includes("up"));
    expect((await sluice(["flow-run", "cancel", id])).out).toContain("was asked to stop");
    const watched = await sluice(["flow-run", "watch", id]);
    expect(watched.code).toBe(1);
    expect(watched.err).toContain("is CANCELLED");
    const { out } = await sluice(["flow-run", "inspect", id]);
    for (const state of ["Scheduled", "Pending", "Running", "Cancelling", "Cancelled"]) {
      expect(out).toMatch(new RegExp(`^\\d{4}-.* ${state}`, "m"));
    }
    expect(out).toMatch(/^deployment +long\/one$/m);
    expect((await sluice(["deployment", "delete", "long/one"])).code).toBe(0);
    expect((await sluice(["flow-run", "inspect", id])).out).toMatch(
      /^deployment +\((deleted|none)/m,
    );
  });
});
