import { expect, test } from "bun:test";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
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

test("a state directory that cannot be made is told by name, and nothing is started", async () => {
  await using stage = new Stage("e2e-no-state", "release");
  await stage.controlPlane();
  await stage.client.createWorkPool({ name: "pool", type: "process" });
  writeFileSync(stage.path("file"), "");
  const state = stage.path("file", "state");
  const result = await stage.command("agent", ["--pool", "pool", "--state-dir", state]).result();
  expect(result.code).toBe(1);
  expect(result.stderr).toContain(state);
});
