import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newId } from "#shared/ids.ts";
import { CliOnServer } from "#test/support/cli-on-server.ts";
import { at } from "#test/support/json-value.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

const START_MS = 30_000;

let server: TestServer;
let folder: TemporaryDirectory;
let cli: CliOnServer;

beforeAll(async () => {
  server = await TestServer.start();
  folder = new TemporaryDirectory("cli limits");
  cli = new CliOnServer(server, folder.path);
  expect((await cli.run(["work-pool", "create", "local", "-t", "process"])).code).toBe(0);
}, START_MS);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe("global concurrency limits", () => {
  test("are created, shown, listed, changed and deleted", async () => {
    const name = `limit-${newId()}`;
    const flags = ["--limit", "5", "--active-slots", "2", "--slot-decay-per-second", "0"];
    const created = await cli.json("gcl", "create", name, ...flags);
    expect(created).toMatchObject({
      name,
      limit: 5,
      active: true,
      active_slots: 2,
      slot_decay_per_second: 0,
      denied_slots: 0,
    });
    expect(await cli.json("global-concurrency-limit", "inspect", name)).toEqual(created);
    expect(await cli.json("gcl", "inspect", String(at(created, "id")))).toEqual(created);
    const { out } = await cli.run(["gcl", "ls"]);
    expect(out).toMatch(new RegExp(`^${name} +yes +2/5 +0 `, "m"));
    const update = ["--limit", "0", "--active-slots", "0"];
    expect(await cli.json("gcl", "update", name, ...update)).toMatchObject({
      limit: 0,
      active_slots: 0,
    });
    expect((await cli.run(["gcl", "disable", name])).out).toContain("Disabled");
    expect(await cli.json("gcl", "inspect", name)).toMatchObject({ active: false });
    expect(await cli.json("gcl", "enable", name)).toMatchObject({ active: true });
    expect(await cli.json("gcl", "delete", name)).toEqual({ deleted: name });
    const gone = await cli.run(["gcl", "inspect", name]);
    expect(gone).toMatchObject({ code: 1, out: "" });
    expect(gone.err).toContain(name);
  });

  test("are created disabled, and written into a file", async () => {
    const name = `off-${newId()}`;
    await cli.json("gcl", "create", name, "-l", "1", "--disable");
    const file = join(folder.path, "limit.json");
    expect((await cli.run(["gcl", "inspect", name, "--file", file])).code).toBe(0);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ name, active: false });
  });

  test("are refused for a taken name, and a change of nothing is wrong usage", async () => {
    const name = `taken-${newId()}`;
    await cli.json("gcl", "create", name, "-l", "1");
    const again = await cli.run(["gcl", "create", name, "-l", "1"]);
    expect(again.code).toBe(1);
    expect(again.err).toContain(name);
    expect((await cli.run(["gcl", "update", name])).code).toBe(2);
    expect((await cli.run(["gcl", "update", name, "--enable", "--disable"])).code).toBe(2);
    expect((await cli.run(["gcl", "create", "without-limit"])).code).toBe(2);
    expect((await cli.run(["gcl", "create", "a/b", "-l", "1"])).code).not.toBe(0);
  });
});

describe("the limit of a deployment", () => {
  test("is given by flags, shown, and taken away by deploying without them", async () => {
    const flow = newId();
    const name = `${flow}/limited`;
    const limited = ["--concurrency-limit", "2", "--collision-strategy", "CANCEL_NEW"];
    await cli.deploy("local", name, "true", ...limited, "--grace-period", "60");
    const shown = await cli.json("deployment", "inspect", name);
    const own = `deployment:${String(at(shown, "id"))}`;
    expect(shown).toMatchObject({
      concurrency_limit: 2,
      concurrency_limit_name: own,
      collision_strategy: "CANCEL_NEW",
      grace_period_seconds: 60,
      slots_held: 0,
    });
    expect((await cli.run(["deployment", "inspect", name])).out).toContain(
      "2 (0 held), CANCEL_NEW, 60 s grace",
    );
    expect(await cli.json("gcl", "inspect", own)).toMatchObject({ name: own, limit: 2 });
    await cli.deploy("local", name, "true");
    expect(await cli.json("deployment", "inspect", name)).toMatchObject({
      concurrency_limit: null,
      concurrency_limit_name: null,
    });
    expect((await cli.run(["gcl", "inspect", own])).code).toBe(1);
  });

  test("is given by a file, and goes with the deployment", async () => {
    const flow = newId();
    const file = join(folder.path, "sluice.yaml");
    writeFileSync(
      file,
      `deployments:
  - {flow: "${flow}", name: a, work_pool: local, command: "true", concurrency_limit: 3}
`,
    );
    expect((await cli.run(["deploy", file])).code).toBe(0);
    const shown = await cli.json("deployment", "inspect", `${flow}/a`);
    expect(shown).toMatchObject({ concurrency_limit: 3, collision_strategy: "ENQUEUE" });
    await cli.run(["deployment", "delete", `${flow}/a`, "--yes"]);
    const gone = await cli.run(["gcl", "inspect", `deployment:${String(at(shown, "id"))}`]);
    expect(gone.code).toBe(1);
  });

  test("of 0, or with a grace period out of range, is refused", async () => {
    const words = ["deploy", "--name", "f/d", "--pool", "local", "--command", "true"];
    expect((await cli.run([...words, "--concurrency-limit", "0"])).code).toBe(2);
    expect((await cli.run([...words, "--grace-period", "59"])).code).toBe(2);
    const file = join(folder.path, "zero.yaml");
    writeFileSync(
      file,
      `deployments: [{flow: f, name: d, work_pool: local, command: c, concurrency_limit: 0}]\n`,
    );
    const refused = await cli.run(["deploy", file]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("concurrency_limit");
  });
});
