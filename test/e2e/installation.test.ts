import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { eventually } from "#test/support/eventually.ts";
import { programCommand } from "#test/support/programs.ts";
import { RunningProgram } from "#test/support/running-program.ts";
import { Stage } from "#test/support/stage.ts";

test("the agent copied elsewhere serves a pool from there, and needs nothing beside it", async () => {
  await using stage = new Stage("e2e-copied", "release");
  const plane = await stage.controlPlane();
  await stage.client.createWorkPool({ name: "pool", type: "process" });
  await stage.client.applyDeployment({
    flowName: "copied",
    name: "one",
    workPoolName: "pool",
    jobVariablesJson: JSON.stringify({ command: "echo far away" }),
  });
  const folder = stage.path("usr local bin");
  mkdirSync(folder);
  const copied = (program: "agent" | "sluice"): string => {
    const [binary = ""] = programCommand(program, "release");
    copyFileSync(binary, `${folder}/${program}`);
    return `${folder}/${program}`;
  };
  const environment = {
    ...stage.environment,
    SLUICE_HOME: stage.path("elsewhere"),
    SLUICE_GRPC_URL: plane.grpcUrl,
    SLUICE_API_URL: plane.httpUrl,
  };
  const start = (program: "agent" | "sluice", ...args: string[]): RunningProgram =>
    new RunningProgram({
      name: program,
      command: [copied(program), ...args],
      environment,
      directory: "/",
    });
  const agent = start("agent", "--pool", "pool");
  await agent.line(/^agent .* ready/, 10_000);
  const run = start("sluice", "deployment", "run", "copied/one", "--watch");
  expect((await run.finished()).code).toBe(0);
  expect(run.output()).toContain("far away");
  expect((await agent.stop()).code).toBe(0);
});

test("an agent started with --run-once takes what is there and ends", async () => {
  await using stage = new Stage("e2e-once", "release");
  await stage.controlPlane();
  await stage.client.createWorkPool({ name: "pool", type: "process" });
  const { id: deployment } = await stage.client.applyDeployment({
    flowName: "once",
    name: "one",
    workPoolName: "pool",
    jobVariablesJson: JSON.stringify({ command: "echo once" }),
  });
  const { id } = await stage.client.createFlowRun({ deployment });
  const agent = stage.agent({ flags: ["--run-once"] });
  agent.launch();
  expect((await agent.program.finished()).code).toBe(0);
  expect((await stage.client.getFlowRun(id)).flowRun?.state?.type).toBe("STATE_TYPE_COMPLETED");
});

test("two agents cannot share a state directory", async () => {
  await using stage = new Stage("e2e-locked", "release");
  const plane = await stage.controlPlane();
  await stage.client.createWorkPool({ name: "pool", type: "process" });
  const state = stage.path("state");
  await stage.agent({ flags: ["--state-dir", state] }).start();
  const second = await stage
    .command("agent", ["--pool", "pool", "--state-dir", state], { SLUICE_GRPC_URL: plane.grpcUrl })
    .result();
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(state);
});

const mayMount = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

test.skipIf(!mayMount)(
  "an agent whose disk is full says so, takes nothing, and recovers",
  async () => {
    await using stage = new Stage("e2e-full", "release");
    await stage.controlPlane();
    await stage.client.createWorkPool({ name: "pool", type: "process" });
    const { id: deployment } = await stage.client.applyDeployment({
      flowName: "full",
      name: "one",
      workPoolName: "pool",
      jobVariablesJson: JSON.stringify({ command: "echo done" }),
    });
    const state = stage.path("state");
    mkdirSync(state);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", state]).status).toBe(0);
    try {
      const agent = await stage.agent({ flags: ["--state-dir", state] }).start();
      const ballast = `${state}/ballast`;
      try {
        writeFileSync(ballast, Buffer.alloc(8 * 1024 * 1024));
      } catch {
        // The disk is full now, which is the point.
      }
      expect(existsSync(ballast)).toBe(true);
      const { id } = await stage.client.createFlowRun({ deployment });
      await agent.program.line(/disk|space|ENOSPC/i, 15_000);
      expect((await stage.client.getFlowRun(id)).flowRun?.state?.type).not.toBe(
        "STATE_TYPE_COMPLETED",
      );
      writeFileSync(ballast, "");
      await eventually(
        async () =>
          (await stage.client.getFlowRun(id)).flowRun?.state?.type === "STATE_TYPE_COMPLETED",
        { timeoutMs: 30_000, what: "the run is COMPLETED once there is room" },
      );
      await agent.close();
    } finally {
      spawnSync("umount", ["-l", state]);
    }
  },
  60_000,
);
