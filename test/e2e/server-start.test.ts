import { afterEach, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import pg from "pg";
import { Client } from "#test/support/client.ts";
import { rejection } from "#test/support/rejection.ts";
import { Stage } from "#test/support/stage.ts";

let stage: Stage | undefined;

function newStage(label: string): Stage {
  stage = new Stage(label, "release");
  return stage;
}

afterEach(async () => {
  await stage?.[Symbol.asyncDispose]();
  stage = undefined;
});

const EMPTY = ["server", "start", "--port", "0", "--grpc-port", "0"];

test("the server answers on /livez and /readyz, and a second start finds what was stored", async () => {
  const own = newStage("e2e-server");
  const plane = await own.controlPlane();
  for (const path of ["/livez", "/readyz"]) {
    expect((await fetch(`${plane.httpUrl}${path}`)).status).toBe(200);
  }
  await own.client.createWorkPool({ name: "kept", type: "process" });
  expect(await plane.program.stop()).toEqual({ code: 0, signal: null });
  await plane.start();
  expect((await own.client.getWorkPool("kept")).name).toBe("kept");
});

test("a SLUICE_HOME with spaces holds everything, and shutdown leaves no process", async () => {
  const own = newStage("e2e home with spaces");
  const plane = await own.controlPlane();
  await own.client.createWorkPool({ name: "pool", type: "process" });
  const agent = await own.agent().start();
  await own.client.applyDeployment({
    flowName: "spaces",
    name: "one",
    workPoolName: "pool",
    jobVariablesJson: JSON.stringify({ command: 'pwd; cat "$SLUICE_PARAMETERS_FILE"' }),
  });
  const run = await own.sluice(["deployment", "run", "spaces/one", "--watch"]);
  expect(run.code).toBe(0);
  expect(processesUnder(own.directory).length).toBeGreaterThan(2);
  expect((await agent.program.stop()).code).toBe(0);
  expect((await plane.program.stop()).code).toBe(0);
  expect(processesUnder(own.directory)).toEqual([]);
});

test("a control plane that was killed leaves no database behind, and starts again", async () => {
  const own = newStage("e2e-killed");
  const plane = await own.controlPlane();
  await own.client.createWorkPool({ name: "kept", type: "process" });
  await plane.program.kill();
  await plane.start();
  expect((await own.client.getWorkPool("kept")).name).toBe("kept");
  expect((await plane.program.stop()).code).toBe(0);
  expect(processesUnder(own.directory)).toEqual([]);
});

test("a port in use is named, with the way out", async () => {
  const own = newStage("e2e-port");
  const occupied = createServer();
  await new Promise<void>((resolve) => occupied.listen(0, "127.0.0.1", () => resolve()));
  const address = occupied.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  for (const flag of ["--port", "--grpc-port"]) {
    const other = flag === "--port" ? "--grpc-port" : "--port";
    const args = ["server", "start", flag, String(address.port), other, "0"];
    const result = await own.command("sluice", args).result(20_000);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(String(address.port));
    expect(result.stderr).toContain(flag);
    expect(result.stdout).not.toContain("ready");
  }
  occupied.close();
  expect(processesUnder(own.directory)).toEqual([]);
});

test("a database that refuses is told without its password", async () => {
  const own = newStage("e2e-refused");
  const result = await own
    .command("sluice", EMPTY, { SLUICE_DATABASE_URL: "postgres://me:hunter2@127.0.0.1:9/sluice" })
    .result(30_000);
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/127\.0\.0\.1:9|refused/i);
  expect(result.stderr + result.stdout).not.toContain("hunter2");
});

test("a schema newer than the program is refused and left as it is", async () => {
  const own = newStage("e2e-newer");
  const database = await own.database();
  const plane = await own.controlPlane({ databaseUrl: database.url });
  await plane.program.stop();
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  const { rows } = await admin.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'sluice' and table_name like '%migration%'`,
  );
  const table = rows[0]?.name;
  if (table === undefined) throw new Error("no table of migrations");
  await admin.query(
    `insert into sluice.${table}
     select (jsonb_populate_record(null::sluice.${table}, to_jsonb(t) || $1::jsonb)).*
       from (select * from sluice.${table} limit 1) t`,
    [{ version: 9_999, name: "9999_later.sql", breaking: true }],
  );
  await admin.end();
  const result = await own
    .command("sluice", EMPTY, { SLUICE_DATABASE_URL: database.url })
    .result(20_000);
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/newer/i);
  expect(result.stderr).toMatch(/9999/);
});

test("another address than loopback is refused without keys, and allowed with --no-auth", async () => {
  const own = newStage("e2e-loopback");
  const refused = await own.command("sluice", [...EMPTY, "--host", "0.0.0.0"]).result(20_000);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("SLUICE_SERVER_API_KEY");
  expect(refused.stderr).toContain("--no-auth");
  const plane = await own.controlPlane({ flags: ["--host", "0.0.0.0", "--no-auth"] });
  expect((await fetch(`${plane.httpUrl}/readyz`)).status).toBe(200);
});

test("with keys set, the API key opens everything and the agent token only what agents need", async () => {
  const own = newStage("e2e-keys");
  const plane = await own.controlPlane({
    apiKey: "operator-key",
    environment: { SLUICE_SERVER_AGENT_TOKEN: "agent-token" },
  });
  await own.client.createWorkPool({ name: "pool", type: "process" });
  const without = await own.sluice(["work-pool", "ls"]);
  expect(without.code).toBe(1);
  expect(without.stderr).toContain("SLUICE_API_KEY");
  const wrong = await own.sluice(["work-pool", "ls"], { SLUICE_API_KEY: "guess" });
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).not.toContain("operator-key");
  expect((await own.sluice(["work-pool", "ls"], { SLUICE_API_KEY: "operator-key" })).code).toBe(0);

  using asAgent = new Client({ address: `127.0.0.1:${plane.grpcPort}`, apiKey: "agent-token" });
  expect(await rejection(asAgent.getWorkPool("pool"))).toMatch(/PERMISSION_DENIED|UNAUTHENTICATED/);
  const stranger = own.agent({ name: "stranger" });
  stranger.launch();
  expect((await stranger.program.finished()).code).toBe(1);
  expect(stranger.program.output()).toContain("SLUICE_AGENT_TOKEN");
  await own.agent({ name: "known", environment: { SLUICE_AGENT_TOKEN: "agent-token" } }).start();
  expect((await own.client.listAgents("pool")).map((agent) => agent.name)).toEqual(["known"]);
});

/** Processes whose command line or folder lies under a path. */
function processesUnder(path: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        return command.includes(path) || environment.includes(path) ? [`${pid} ${command}`] : [];
      } catch {
        return [];
      }
    });
}
