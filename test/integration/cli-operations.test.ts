import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
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

const sluice = (words: readonly string[], input = ""): Promise<CliResult> => cli.run(words, input);
const json = (...words: string[]): Promise<unknown> => cli.json(...words);

beforeAll(async () => {
  server = await TestServer.start();
  folder = new TemporaryDirectory("cli operations");
  cli = new CliOnServer(server, folder.path);
}, START_MS);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

beforeEach(async () => {
  pool = `pool-${newId()}`;
  expect((await sluice(["work-pool", "create", pool, "-t", "process"])).code).toBe(0);
});

describe("work pools", () => {
  test("are created with what the flags say, and shown", async () => {
    const template = join(folder.path, "template.json");
    const text =
      '{"job_configuration": {"command": "{{ command }}"}, "variables": {"properties": {"command": {}}}}';
    writeFileSync(template, text);
    const created = await json(
      ...["work-pool", "create", `${pool}-2`, "-t", "process"],
      ...["--description", "for tests", "--paused"],
      ...["--concurrency-limit", "0", "--lost-policy", "keep", "--lost-after", "90"],
      ...["--base-job-template", template],
    );
    expect(created).toMatchObject({
      name: `${pool}-2`,
      type: "process",
      description: "for tests",
      status: "PAUSED",
      is_paused: true,
      concurrency_limit: 0,
      lost_policy: "keep",
      lost_after_seconds: 90,
      base_job_template: { job_configuration: { command: "{{ command }}" } },
    });
    expect(await json("work-pools", "inspect", `${pool}-2`)).toEqual(created);
    const { out } = await sluice(["work-pool", "ls"]);
    expect(out).toMatch(new RegExp(`^${pool}-2 +process +paused +0 +0/0 +0 +for tests$`, "m"));
  });

  test("are paused, resumed and limited", async () => {
    const change = async (...words: string[]): Promise<unknown> => {
      expect((await sluice(["work-pool", ...words])).code).toBe(0);
      return json("work-pool", "inspect", pool);
    };
    expect(await change("pause", pool)).toMatchObject({ is_paused: true, status: "PAUSED" });
    expect(await change("resume", pool)).toMatchObject({ is_paused: false, status: "NOT_READY" });
    expect(await change("set-concurrency-limit", pool, "0")).toMatchObject({
      concurrency_limit: 0,
    });
    expect(await change("set-concurrency-limit", pool, "7")).toMatchObject({
      concurrency_limit: 7,
    });
    expect(await change("clear-concurrency-limit", pool)).toMatchObject({
      concurrency_limit: null,
    });
  });

  test("let overdue runs gain on others if they are told to, and no longer if not", async () => {
    const aged = await json("work-pool", "update", pool, "--ageing", "600");
    expect(aged).toMatchObject({ ageing_seconds: 600 });
    expect((await sluice(["work-pool", "inspect", pool])).out).toContain("one priority for 600 s");
    expect(await json("work-pool", "update", pool, "--ageing", "0")).toMatchObject({
      ageing_seconds: null,
    });
    expect((await sluice(["work-pool", "update", pool, "--ageing", "1.5"])).code).toBe(2);
  });

  test("are deleted, and a second time there is nothing to delete", async () => {
    const deleted = await sluice(["work-pool", "delete", pool, "-o", "json"]);
    expect(deleted.code).toBe(0);
    expect(JSON.parse(deleted.out)).toEqual({ deleted: pool });
    const again = await sluice(["work-pool", "delete", pool]);
    expect(again.code).toBe(1);
    expect(again.err).toContain(pool);
  });
});

describe("deployments", () => {
  test("of a file are created, then updated, and shown as they were written", async () => {
    const file = join(folder.path, "sluice.yaml");
    writeFileSync(
      file,
      `deployments:
  - flow: ${pool}
    name: one
    description: first
    version: 1.10
    tags: [x]
    work_pool: {name: ${pool}, work_queue: fast}
    command: [echo, "a b"]
    working_dir: data
    env: {PORT: 0080}
    parameters: {top: 10}
    retries: 2
    retry_delay_seconds: 0.5
  - {flow: ${pool}, name: two, work_pool: ${pool}, command: 'true'}
`,
    );
    const first = await sluice(["deploy", file]);
    expect(first.out).toContain(
      `Created deployment '${pool}/one'.\nCreated deployment '${pool}/two'.`,
    );
    expect(first.err).toContain(`no agent is online in '${pool}'`);
    expect((await sluice(["deploy", file, "--name", "two"])).out).toStartWith(
      `Updated deployment '${pool}/two'.`,
    );
    expect(await json("deployment", "inspect", `${pool}/one`)).toMatchObject({
      name: "one",
      flow_name: pool,
      description: "first",
      version: "1.10",
      tags: ["x"],
      work_pool: pool,
      work_queue: "fast",
      parameters: { top: 10 },
      job_variables: {
        command: "echo 'a b'",
        working_dir: join(folder.path, "data"),
        env: { PORT: "0080" },
      },
      retries: 2,
      retry_delay_seconds: 0.5,
    });
    expect(await json("deployment", "ls", "--pool", pool)).toHaveLength(2);
  });

  test("of the samples refuse a parameter that is mistyped, by its name", async () => {
    await sluice(["work-pool", "create", "local", "-t", "process"]);
    const samples = join(import.meta.dir, "../../examples/flows/sluice.yaml");
    expect((await sluice(["deploy", samples])).code).toBe(0);
    for (const flow of ["access-report", "latencies", "visits"]) {
      const mistyped = await sluice(["deployment", "run", `${flow}/local`, "--param", "typo=1"]);
      expect(mistyped.code).toBe(1);
      expect(mistyped.err).toContain("typo: is not known");
      expect((await sluice(["deployment", "run", `${flow}/local`])).code).toBe(0);
    }
    expect(await json("deployment", "run", "visits/local", "--param", "top=3")).toMatchObject({
      parameters: { top: 3 },
    });
  });

  test("of a file are all refused if a pool of one does not exist", async () => {
    const file = join(folder.path, "half.yaml");
    writeFileSync(
      file,
      `deployments:
  - {flow: ${pool}, name: good, work_pool: ${pool}, command: 'true'}
  - {flow: ${pool}, name: bad, work_pool: ${pool}-none, command: 'true'}
`,
    );
    const result = await sluice(["deploy", file]);
    expect(result.code).toBe(1);
    expect(result.err).toContain(`${pool}-none`);
    expect(await json("deployment", "ls", "--pool", pool)).toEqual([]);
  });

  test("are deleted by name", async () => {
    await cli.deploy(pool, `${pool}/gone`, "true");
    expect((await sluice(["deployment", "delete", `${pool}/gone`])).code).toBe(0);
    const again = await sluice(["deployment", "inspect", `${pool}/gone`]);
    expect(again.code).toBe(1);
    expect(again.err).toContain(`${pool}/gone`);
  });
});

describe("runs that no agent takes", () => {
  test("carry what the flags say and are found by every filter", async () => {
    await cli.deploy(
      pool,
      `${pool}/one`,
      "true",
      "--param",
      "top=10",
      "--param",
      "by=word",
      "--tag",
      "a",
    );
    const words = ["deployment", "run", `${pool}/one`, "--params", "-", "--param", "top=3"];
    const flags = ["--name", "mine", "--tag", "b", "--start-in", "1h", "--job-variable", "x=[1]"];
    const created = await sluice([...words, ...flags, "-o", "json"], '{"top": 5, "more": null}');
    expect(created.code).toBe(0);
    expect(created.err).toContain("--param wins over --params for: top");
    const run: unknown = JSON.parse(created.out);
    expect(run).toMatchObject({
      name: "mine",
      created: true,
      deployment: `${pool}/one`,
      parameters: { top: 3, by: "word", more: null },
      job_variables: { x: [1] },
      state: { type: "SCHEDULED", name: "Scheduled" },
    });
    const due = Date.parse(String(at(run, "expected_start_time"))) - Date.now();
    expect(due).toBeGreaterThan(3_500_000);
    expect(due).toBeLessThanOrEqual(3_600_000);

    const id = String(at(run, "id"));
    for (const filter of [
      ["--pool", pool],
      ["--flow-name", pool],
      ["--deployment", `${pool}/one`],
      ["--pool", pool, "--state", "scheduled"],
      ["--pool", pool, "--state-type", "scheduled", "--state-type", "RUNNING"],
      ["--pool", pool, "--tag", "a", "--tag", "b"],
    ]) {
      expect(await json("flow-run", "ls", ...filter)).toMatchObject([{ id }]);
    }
    expect(await json("flow-run", "ls", "--pool", pool, "--state-type", "FAILED")).toEqual([]);
    expect(await json("flow-run", "ls", "--pool", pool, "--tag", "c")).toEqual([]);
    expect((await sluice(["flow-run", "ls", "--pool", pool])).out).toMatch(
      / Scheduled in 59 minutes +(now|\d)/,
    );
  });

  test("with a key that was seen are not created twice", async () => {
    await cli.deploy(pool, `${pool}/one`, "true");
    const words = ["deployment", "run", `${pool}/one`, "--idempotency-key", "k"];
    const first = await json(...words);
    const second = await json(...words);
    expect(second).toMatchObject({ id: at(first, "id"), created: false });
  });

  test("are CANCELLED at once, and not a second time", async () => {
    await cli.deploy(pool, `${pool}/one`, "true");
    const id = String(at(await json("deployment", "run", `${pool}/one`), "id"));
    expect((await sluice(["flow-run", "cancel", id])).out).toContain("is CANCELLED");
    expect((await sluice(["flow-run", "cancel", id])).code).toBe(1);
    const watched = await sluice(["flow-run", "watch", id]);
    expect(watched.code).toBe(1);
    expect(watched.out).toContain("ended CANCELLED");
  });

  test("stop being watched after the timeout, and go on", async () => {
    await cli.deploy(pool, `${pool}/one`, "true");
    const watched = await sluice(["deployment", "run", `${pool}/one`, "--watch-timeout", "0.2"]);
    expect(watched.code).toBe(1);
    expect(watched.err).toContain("has not ended within 0.2 s");
    expect(await json("flow-run", "ls", "--pool", pool)).toMatchObject([
      { state: { type: "SCHEDULED" } },
    ]);
  });
});
