import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newId } from "#shared/ids.ts";
import { workerTypes } from "#shared/worker-types/worker-types.ts";
import { CliOnServer, type CliResult } from "#test/support/cli-on-server.ts";
import { at } from "#test/support/json-value.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

const TEMPLATE =
  '{"job_configuration": {"command": "{{ command }}"}, "variables": {"properties": {"command": {}}}}';

let server: TestServer;
let folder: TemporaryDirectory;
let cli: CliOnServer;
let pool = "";

const sluice = (words: readonly string[], input = ""): Promise<CliResult> =>
  cli.run(["work-pool", ...words], input);
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

describe("create", () => {
  test("without a type where nobody can be asked lists the types", async () => {
    const { code, err } = await sluice(["create", `${pool}-2`]);
    expect(code).toBe(2);
    expect(err).toStartWith("Error: --type: is missing");
    for (const { type } of workerTypes()) expect(err).toContain(type);
    const unknown = await sluice(["create", `${pool}-2`, "-t", "nomad"]);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain("'nomad' has no default template; use one of 'process'");
  });

  test("of a name that is taken is refused, and changes what flags name with --overwrite", async () => {
    const taken = await sluice(["create", pool]);
    expect(taken.code).toBe(1);
    expect(taken.err).toStartWith(`Error: there is a work pool '${pool}' already`);
    expect(taken.err).toContain("--overwrite");
    await done("update", pool, "--description", "before");
    const words = ["--overwrite", "--concurrency-limit", "0", "--base-job-template", "-"];
    const over = await sluice(["create", pool, "-t", "docker", ...words], TEMPLATE);
    expect(over.code).toBe(0);
    expect(over.out).toContain(`Updated work pool '${pool}'.`);
    expect(over.err).toContain("stays of type 'process'");
    expect(await json("inspect", pool)).toMatchObject({
      type: "process",
      description: "before",
      concurrency_limit: 0,
      base_job_template: JSON.parse(TEMPLATE),
    });
    const policy = await sluice(["create", pool, "--overwrite", "--lost-policy", "keep"]);
    expect([policy.code, policy.err]).toEqual([2, expect.stringContaining("--lost-policy")]);
    expect(await json("create", `${pool}-n`, "-t", "process", "--overwrite")).toMatchObject({
      name: `${pool}-n`,
    });
  });

  test("tells what to do next, unless nobody has to do anything", async () => {
    const next = async (...words: string[]): Promise<string> =>
      (await done("create", `p-${newId()}`, ...words)).out;
    expect(await next("-t", "process")).toContain("Start an agent with: agent --pool p-");
    expect(await next("-t", "docker")).toContain("prefect worker start --pool p-");
    expect(await next("-t", "process", "--paused")).toContain("Resume it with: ");
    expect(await next("-t", "cloud-run:push")).not.toMatch(/Start|Resume/);
  });

  test("with --set-as-default names the pool in the profile in use, and others of it stay", async () => {
    const profile = (...words: string[]) => cli.run(["profile", ...words]);
    await done("create", `${pool}-d`, "-t", "process", "--set-as-default");
    const file = (): string => readFileSync(join(folder.path, "profiles.toml"), "utf8");
    expect(file()).toContain('active = "default"');
    expect(file()).toContain(`SLUICE_DEFAULT_WORK_POOL = "${pool}-d"`);
    expect((await done("preview")).out).toContain(`Nothing is due in '${pool}-d'`);
    await cli.run(["deploy", "--name", `${pool}/d`, "--command", "true"]);
    expect(await cli.json("deployment", "inspect", `${pool}/d`)).toMatchObject({
      work_pool: `${pool}-d`,
    });
    await profile("create", "other", "--set", "SLUICE_LOG_LEVEL=debug");
    await profile("use", "other");
    await done("create", pool, "--overwrite", "--set-as-default");
    expect(file()).toMatch(
      new RegExp(
        `\\[profiles.other\\]\nSLUICE_LOG_LEVEL = "debug"\nSLUICE_DEFAULT_WORK_POOL = "${pool}"`,
      ),
    );
    expect(file()).toContain(`SLUICE_DEFAULT_WORK_POOL = "${pool}-d"`);
  });

  test("a preview without any name says how to give one", async () => {
    const { code, err } = await sluice(["preview"]);
    expect([code, err]).toEqual([2, expect.stringContaining("--set-as-default")]);
  });
});

test("inspect finds a pool by its name and by its id", async () => {
  const named = await json("inspect", pool);
  expect(await json("inspect", String(at(named, "id")))).toEqual(named);
  expect((await sluice(["inspect", newId()])).code).toBe(1);
  expect((await done("inspect", pool)).out).toMatch(/^status +not ready$/m);
});

test("ls -v also shows ids and templates", async () => {
  const id = String(at(await json("inspect", pool), "id"));
  const { out } = await done("ls");
  expect(out).not.toContain(id);
  const verbose = await done("ls", "-v");
  expect(verbose.out).toContain(id);
  expect(verbose.out).toContain('{"job_configuration"');
});

describe("update", () => {
  test("trap 12: a limit of 0 is set by update and by set-concurrency-limit", async () => {
    expect(await json("update", pool, "--concurrency-limit", "0")).toMatchObject({
      concurrency_limit: 0,
    });
    await done("clear-concurrency-limit", pool);
    await done("set-concurrency-limit", pool, "0");
    expect(await json("inspect", pool)).toMatchObject({ concurrency_limit: 0 });
    expect((await done("ls")).out).toContain("0/0");
  });

  test("changes what flags name, and an empty description is none", async () => {
    const file = join(folder.path, "template.json");
    writeFileSync(file, TEMPLATE);
    expect(
      await json("update", pool, "--description", "new", "--base-job-template", file),
    ).toMatchObject({ description: "new", base_job_template: JSON.parse(TEMPLATE) });
    expect(await json("update", pool, "--description", "")).toMatchObject({
      description: null,
      base_job_template: JSON.parse(TEMPLATE),
    });
    const nothing = await sluice(["update", pool]);
    expect([nothing.code, nothing.err]).toEqual([2, expect.stringContaining("nothing to change")]);
    expect((await sluice(["update", "absent", "--description", "x"])).code).toBe(1);
    const bad = await sluice(["update", pool, "--base-job-template", "-"], "{");
    expect([bad.code, bad.err]).toEqual([2, expect.stringContaining("line 1, column 2")]);
  });
});

test("the default template is printed or written, and creates the pool it describes", async () => {
  const printed = await done("get-default-base-job-template", "--type", "docker");
  expect(printed.out).toStartWith('{\n  "job_configuration": {\n');
  const file = join(folder.path, "docker.json");
  await done("get-default-base-job-template", "-t", "docker", "-f", file);
  expect(readFileSync(file, "utf8")).toBe(printed.out);
  const words = ["create", `${pool}-t`, "-t", "docker", "--base-job-template", file];
  expect(await json(...words)).toMatchObject({ base_job_template: JSON.parse(printed.out) });
  const unknown = await sluice(["get-default-base-job-template", "-t", "nomad"]);
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining("'nomad'")]);
  expect((await sluice(["get-default-base-job-template"])).code).toBe(2);
  const unwritable = await sluice([
    "get-default-base-job-template",
    "-t",
    "docker",
    "-f",
    folder.path,
  ]);
  expect([unwritable.code, unwritable.err]).toEqual([1, expect.stringContaining("--file")]);
});
