import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { at, listIn } from "#test/support/json-value.ts";
import { Stage } from "#test/support/stage.ts";

const stage = new Stage("e2e journey", "release");
const YAML = `deployments:
  - flow: word-count
    name: nightly
    work_pool: local
    command: |
      echo "counting for $SLUICE_FLOW_NAME"
      cat "$SLUICE_PARAMETERS_FILE"
    parameters:
      top: 3
    parameter_schema:
      type: object
      properties:
        top: { type: integer }
`;

beforeAll(async () => {
  writeFileSync(stage.path("sluice.yaml"), YAML);
  await stage.controlPlane();
});

afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

test("a new user gets from an empty server to a COMPLETED run", async () => {
  const created = await stage.sluice(["work-pool", "create", "local", "--type", "process"]);
  expect(created).toMatchObject({ code: 0, stderr: "" });
  expect(created.stdout).toContain("agent --pool local");

  const deployed = await stage.sluice(["deploy"]);
  expect(deployed.code).toBe(0);
  expect(deployed.stdout).toContain("word-count/nightly");
  expect(deployed.stderr).toContain("no agent is online in 'local'");

  await stage.agent({ name: "builder", workPoolName: "local" }).start();
  const agents = await stage.sluice(["agent", "ls"]);
  expect(agents.stdout).toMatch(/builder\s+local\s+process\s+online/);

  const run = await stage.sluice([
    "deployment",
    "run",
    "word-count/nightly",
    "--param",
    "top=7",
    "--watch",
  ]);
  expect(run).toMatchObject({ code: 0, signal: null });
  expect(run.stdout).toContain("counting for word-count");
  expect(run.stdout).toContain('{"top":7}');
  expect(run.stdout).toContain("COMPLETED");
});

test("the hops of a run's timeline are all there and add up to the whole", async () => {
  const [run] = listIn((await stage.sluice(["flow-run", "ls", "-o", "json"])).stdout);
  const id = String(at(run, "id"));
  const inspected: unknown = JSON.parse(
    (await stage.sluice(["flow-run", "inspect", id, "-o", "json"])).stdout,
  );
  const hops = at(inspected, "attempts", 0, "hops");
  if (!Array.isArray(hops)) throw new Error("no list of hops");
  const names = hops.map((hop) => at(hop, "name"));
  for (const name of [
    "submitted",
    "claimed",
    "accepted",
    "start_granted",
    "process_started",
    "exited",
    "reported",
  ]) {
    expect(names).toContain(name);
  }
  const times = hops.map((hop) => Date.parse(String(at(hop, "at"))));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const sum = hops.reduce((total, hop) => total + Number(at(hop, "since_previous_ms")), 0);
  const whole = (times.at(-1) ?? 0) - (times[0] ?? 0);
  expect(Math.abs(sum - whole)).toBeLessThan(2);
});

test("everything that prints also prints JSON", async () => {
  const [run] = listIn((await stage.sluice(["flow-run", "ls", "-o", "json"])).stdout);
  const id = String(at(run, "id"));
  const commands = [
    ["version"],
    ["work-pool", "ls"],
    ["work-pool", "inspect", "local"],
    ["deployment", "ls"],
    ["deployment", "inspect", "word-count/nightly"],
    ["deployment", "run", "word-count/nightly"],
    ["agent", "ls"],
    ["flow-run", "ls"],
    ["flow-run", "inspect", id],
    ["flow-run", "logs", id],
    ["deploy", "--dry-run"],
  ];
  for (const command of commands) {
    const result = await stage.sluice([...command, "-o", "json"]);
    expect([command.join(" "), result.code, result.stderr]).toEqual([command.join(" "), 0, ""]);
    expect(() => JSON.parse(result.stdout) as unknown).not.toThrow();
  }
});

test("a deployment made from flags runs, and its log can be followed to its end", async () => {
  const gate = stage.gate("follow");
  const script = `echo before; while [ ! -e '${gate.path}' ]; do sleep 0.02; done; echo after "$WHO"`;
  const deployed = await stage.sluice([
    "deploy",
    "--name",
    "follow/me",
    "--pool",
    "local",
    "--command",
    script,
    "--env",
    "WHO=all",
  ]);
  expect(deployed.code).toBe(0);
  const run: unknown = JSON.parse(
    (await stage.sluice(["deployment", "run", "follow/me", "-o", "json"])).stdout,
  );
  const follower = stage.command("sluice", ["flow-run", "logs", String(at(run, "id")), "--follow"]);
  await follower.program.line(/before$/, 10_000);
  gate.open();
  const followed = await follower.result();
  expect(followed.code).toBe(0);
  expect(followed.stdout.split("\n").map((line) => line.split(" - ").at(-1))).toEqual([
    "before",
    "after all",
  ]);
});

test("a watched run that fails ends the command with 1 and says why", async () => {
  await stage.sluice([
    "deploy",
    "--name",
    "bad/end",
    "--pool",
    "local",
    "--command",
    "echo no; exit 4",
  ]);
  const run = await stage.sluice(["deployment", "run", "bad/end", "--watch"]);
  expect(run.code).toBe(1);
  expect(run.stdout + run.stderr).toContain("FAILED");
  expect(run.stdout + run.stderr).toMatch(/\b4\b/);
});

test("a run can be cancelled from the command line", async () => {
  await stage.sluice([
    "deploy",
    "--name",
    "long/one",
    "--pool",
    "local",
    "--command",
    "echo up; exec sleep 600",
  ]);
  const created: unknown = JSON.parse(
    (await stage.sluice(["deployment", "run", "long/one", "-o", "json"])).stdout,
  );
  const id = String(at(created, "id"));
  const follower = stage.command("sluice", ["flow-run", "watch", id]);
  await follower.program.line(/up$/, 10_000);
  expect((await stage.sluice(["flow-run", "cancel", id])).code).toBe(0);
  const watched = await follower.result();
  expect(watched.code).toBe(1);
  expect(watched.stdout + watched.stderr).toContain("CANCELLED");
  const again = await stage.sluice(["flow-run", "cancel", id]);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("it is Cancelled");
});
