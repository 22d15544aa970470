import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandResult } from "#test/support/stage.ts";
import { rejection } from "#test/support/rejection.ts";
import { Stage } from "#test/support/stage.ts";

const stage = new Stage("e2e-bad-input", "release");

beforeAll(async () => {
  await stage.controlPlane();
  await stage.client.createWorkPool({ name: "pool", type: "process" });
  await stage.agent().start();
});

afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** The command failed with this code, wrote nothing as a result, and its error says all of this. */
function expectRefusal(result: CommandResult, code: number, ...words: (string | RegExp)[]): void {
  expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
  for (const word of words) expect(result.stderr).toMatch(word);
  expect(result.stderr).not.toMatch(/\n\s+at .*\.(ts|js)/);
}

async function deploy(name: string, command: string, ...flags: string[]): Promise<CommandResult> {
  return stage.sluice(["deploy", "--name", name, "--pool", "pool", "--command", command, ...flags]);
}

test("an agent of an unknown pool ends and names the pool", async () => {
  const result = await stage.command("agent", ["--pool", "nowhere"]).result();
  expectRefusal(result, 1, /nowhere/);
});

test("a deployment in an unknown pool is refused and nothing is stored", async () => {
  const result = await stage.sluice([
    "deploy",
    "--name",
    "a/b",
    "--pool",
    "nowhere",
    "--command",
    "true",
  ]);
  expectRefusal(result, 1, /nowhere/);
  expectRefusal(await stage.sluice(["deployment", "inspect", "a/b"]), 1, /a\/b/);
});

test("an agent of another type than the pool's ends, names both and leaves no trace", async () => {
  await stage.client.createWorkPool({ name: "boxes", type: "docker", baseJobTemplateJson: "{}" });
  for (const words of [["--type", "process"], [], ["--create-pool-if-not-found"]]) {
    const result = await stage.command("agent", ["--pool", "boxes", ...words]).result();
    expectRefusal(result, 1, /docker/, /process/);
  }
  const listed = await stage.sluice(["agent", "ls", "--pool", "boxes", "-o", "json"]);
  expect(JSON.parse(listed.stdout)).toEqual([]);
});

test("a wrong flag or command ends with 2 and says what was meant", async () => {
  expectRefusal(await stage.sluice(["flow-run", "ls", "--limt", "3"]), 2, /--limt/, /--limit/);
  expectRefusal(await stage.sluice(["flow-rnu"]), 2, /flow-rnu/, /flow-run/);
  expectRefusal(await stage.sluice(["flow-run", "ls", "--limit", "many"]), 2, /many/);
  expectRefusal(
    await stage.command("agent", ["--pool", "pool", "--limit", "-1"]).result(),
    2,
    /-1/,
  );
  expectRefusal(await stage.command("agent", []).result(), 2, /--pool/);
});

test("a YAML file that cannot be read is refused with line and column", async () => {
  const path = join(stage.directory, "broken.yaml");
  writeFileSync(path, "deployments:\n  - flow: a\n    name: [b\n");
  expectRefusal(await stage.sluice(["deploy", path]), 2, /broken\.yaml:\d+:\d+/);
  writeFileSync(
    path,
    "deployments:\n  - flow: a\n    name: b\n    work_pool: pool\n    comand: x\n",
  );
  expectRefusal(await stage.sluice(["deploy", path]), 2, /broken\.yaml:5:5/, /comand/, /command/);
  expectRefusal(await stage.sluice(["deploy", "missing.yaml"]), 2, /missing\.yaml/);
});

test("names with a character that paths cannot hold are refused by name", async () => {
  for (const bad of ["/", "%", "&", ">", "<"]) {
    expectRefusal(await stage.sluice(["work-pool", "create", `a${bad}b`]), 2, `'${bad}'`);
  }
});

test("parameters that are not JSON, or no object, are refused with their place", async () => {
  await deploy("takes/parameters", "true");
  const run = (...flags: string[]): Promise<CommandResult> =>
    stage.sluice(["deployment", "run", "takes/parameters", ...flags]);
  expectRefusal(await run("--params", '{"a": 1,}'), 2, /line 1, column 9/);
  expectRefusal(await run("--params", "[1]"), 2, /object/);
  expectRefusal(await run("--param", "novalue"), 2, /key=value/);
});

test("parameters beyond 512 KiB are refused and no run is created", async () => {
  await deploy("takes/much", "true");
  const path = stage.path("big.json");
  writeFileSync(path, JSON.stringify({ text: "x".repeat(513 * 1024) }));
  const result = await stage
    .command("sluice", [
      "deployment",
      "run",
      "takes/much",
      "--params",
      `{"text":"${"x".repeat(100)}"}`,
    ])
    .result();
  expect(result.code).toBe(0);
  const parametersJson = JSON.stringify({ text: "x".repeat(513 * 1024) });
  expect(
    await rejection(stage.client.createFlowRun({ deployment: "takes/much", parametersJson })),
  ).toMatch(/512/);
  const runs = await stage.client.listFlowRuns({ deployment: "takes/much" });
  expect(runs).toHaveLength(1);
});

test("parameters against the schema are refused and name the field", async () => {
  writeFileSync(
    stage.path("schema.yaml"),
    "deployments:\n  - flow: typed\n    name: one\n    work_pool: pool\n    command: 'true'\n" +
      "    parameter_schema: { type: object, properties: { top: { type: integer } }, required: [top] }\n",
  );
  expect((await stage.sluice(["deploy", stage.path("schema.yaml")])).code).toBe(0);
  expectRefusal(await stage.sluice(["deployment", "run", "typed/one"]), 1, /top/);
  expectRefusal(
    await stage.sluice(["deployment", "run", "typed/one", "--param", "top=x"]),
    1,
    /top/,
    /integer/,
  );
});

test("an unknown run, deployment or pool is named", async () => {
  const id = "01998c3e-0000-7000-8000-000000000000";
  expectRefusal(await stage.sluice(["flow-run", "inspect", id]), 1, id);
  expectRefusal(await stage.sluice(["flow-run", "inspect", "nonsense"]), 1, /nonsense/);
  expectRefusal(await stage.sluice(["deployment", "run", "no/where"]), 1, /no\/where/);
  expectRefusal(await stage.sluice(["work-pool", "inspect", "nowhere"]), 1, /nowhere/);
});

test("a command that is not found is CRASHED and says 127; one that is not executable, 126", async () => {
  const text = stage.path("not-executable");
  writeFileSync(text, "just text\n", { mode: 0o644 });
  for (const [name, command, code, word] of [
    ["crash/missing", "no-such-program --at-all", 127, /not found/i],
    ["crash/text", text, 126, /execut/i],
  ] as const) {
    expect((await deploy(name, command)).code).toBe(0);
    const run = await stage.sluice(["deployment", "run", name, "--watch"]);
    expect(run.code).toBe(1);
    expect(run.stdout + run.stderr).toContain("CRASHED");
    expect(run.stdout + run.stderr).toContain(String(code));
    expect(run.stdout + run.stderr).toMatch(word);
  }
});

test("a working directory that does not exist crashes the run with a reason", async () => {
  expect((await deploy("crash/folder", "true", "--working-dir", "/no/such/folder")).code).toBe(0);
  const run = await stage.sluice(["deployment", "run", "crash/folder", "--watch"]);
  expect(run.code).toBe(1);
  expect(run.stdout + run.stderr).toMatch(/CRASHED[^]*\/no\/such\/folder/);
});

test("no server at the address is told with the address and a way out", async () => {
  const result = await stage.sluice(["flow-run", "ls"], { SLUICE_GRPC_URL: "http://127.0.0.1:9" });
  expectRefusal(result, 1, /127\.0\.0\.1:9/, /server start/);
});
