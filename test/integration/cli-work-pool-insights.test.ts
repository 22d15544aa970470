import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "#shared/ids.ts";
import { CliOnServer, type CliResult } from "#test/support/cli-on-server.ts";
import { at } from "#test/support/json-value.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let folder: TemporaryDirectory;
let cli: CliOnServer;
let pool = "";

const sluice = (words: readonly string[]): Promise<CliResult> => cli.run(["work-pool", ...words]);
const json = (...words: string[]): Promise<unknown> => cli.json("work-pool", ...words);

async function done(...words: string[]): Promise<CliResult> {
  const result = await sluice(words);
  expect({ words, ...result }).toMatchObject({ code: 0 });
  return result;
}

beforeAll(async () => {
  server = await TestServer.start();
}, 30_000);
beforeEach(async () => {
  folder = new TemporaryDirectory("cli work pool");
  cli = new CliOnServer(server, folder.path);
  pool = `p-${newId()}`;
  await done("create", pool, "--type", "process");
});
afterAll(() => server[Symbol.asyncDispose]());

describe("slots and preview", () => {
  beforeEach(async () => {
    await cli.deploy(pool, `${pool}/d`, "true");
    await cli.deploy(pool, `${pool}/low`, "true", "--work-queue", "low");
  });

  test("slots shows who holds them, and how many there are", async () => {
    expect((await done("slots", pool)).out).toBe("0 / ∞\nNobody holds a slot.\n");
    const agent = server.session();
    await agent.hello({ workPoolName: pool, name: "holder" });
    agent.credit(1);
    const run = await server.client.createFlowRun({ deployment: `${pool}/d` });
    await agent.leases();
    await done("set-concurrency-limit", pool, "4");
    const { out } = await done("slots", pool);
    expect(out).toStartWith("█████░░░░░░░░░░░░░░░ 1 / 4\n");
    expect(out).toMatch(
      new RegExp(`^default \\(1\\) +${run.name} +Pending +holder +0\\.\\d\\d s$`, "m"),
    );
    expect(await json("slots", pool)).toMatchObject({
      concurrency_limit: 4,
      slots_held: 1,
      queues: [
        { name: "default", holders: [{ flow_run_id: run.id, agent: "holder", stopping: false }] },
        { name: "low", slots_held: 0, holders: [] },
      ],
      _truncated: false,
    });
    expect((await sluice(["slots", "absent"])).code).toBe(1);
    agent.cut();
  });

  test("preview shows what is due within its hours, in the order of the waterfall", async () => {
    const later = new Date(Date.now() + 3 * 3_600_000);
    const low = await server.client.createFlowRun({ deployment: `${pool}/low` });
    const first = await server.client.createFlowRun({ deployment: `${pool}/d` });
    const late = await server.client.createFlowRun({
      deployment: `${pool}/d`,
      scheduledTime: later,
    });
    const ids = async (...words: string[]): Promise<unknown[]> => {
      const runs = await json("preview", pool, ...words);
      return Array.isArray(runs) ? runs.map((run) => at(run, "id")) : [];
    };
    expect(await ids()).toEqual([first.id, low.id]);
    expect(await ids("--hours", "4")).toEqual([first.id, late.id, low.id]);
    const { out } = await done("preview", pool);
    expect(out).toMatch(new RegExp(`${first.name} +${pool}/d +Scheduled`));
    expect(await json("preview", pool, "--hours", "0.5")).toMatchObject([
      { work_queue: "default", priority: 1, held_up: false, deployment: `${pool}/d` },
      { work_queue: "low", priority: 2 },
    ]);
    expect((await sluice(["preview", pool, "--hours", "-1"])).code).toBe(2);
  });

  test("preview-job shows who gives each value, and why a run would be refused", async () => {
    const words = ["--deployment", `${pool}/d`, "--job-variable", "env.A=1"];
    expect(await json("preview-job", pool, ...words)).toMatchObject({
      job_configuration: { command: "true", env: { A: 1 }, stream_output: true },
      variables: expect.arrayContaining([
        {
          name: "command",
          value: "true",
          origin: "deployment",
          is_declared: true,
          is_secret: false,
        },
        { name: "name", value: null, origin: "unset", is_declared: true, is_secret: false },
      ]),
      env: [{ name: "A", value: 1, origin: "flow run" }],
      refusal: "job_variables.env.A: must be string",
    });
    const { out, err } = await done("preview-job", pool, "--job-variable", "other=x", ...words);
    expect(out).toMatch(/^command +"true" +deployment$/m);
    expect(out).toMatch(/^other +"x" +flow run, not in the template$/m);
    expect(err).toContain("such a run would be refused");
    expect((await sluice(["preview-job", pool, "--deployment", "no/such"])).code).toBe(1);
  });
});
