import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { eventually } from "#test/support/eventually.ts";
import { Stage } from "#test/support/stage.ts";

const stage = new Stage("e2e-cancel", "release");

beforeAll(async () => {
  await stage.controlPlane({ environment: { SLUICE_SERVER_STOP_GRACE_SECONDS: "1" } });
  await stage.client.createWorkPool({ name: "pool", type: "process" });
  await stage.agent().start();
});

afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** Every process that carries the run's id in its environment. */
function processesOf(flowRunId: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(flowRunId);
      } catch {
        return false;
      }
    });
}

async function runOf(command: string): Promise<string> {
  const { id: deployment } = await stage.client.applyDeployment({
    flowName: "tree",
    name: "one",
    workPoolName: "pool",
    jobVariablesJson: JSON.stringify({ command }),
  });
  return (await stage.client.createFlowRun({ deployment })).id;
}

async function cancelled(id: string): Promise<void> {
  await eventually(
    async () => (await stage.client.getFlowRun(id)).flowRun?.state?.type === "STATE_TYPE_CANCELLED",
    { timeoutMs: 15_000, what: "the run is CANCELLED" },
  );
}

test("cancelling ends the whole tree, also children that left the process group", async () => {
  const id = await runOf(
    "sleep 600 & setsid sleep 600 & (setsid sh -c 'sleep 600; :' &) ; echo up; wait",
  );
  await eventually(() => processesOf(id).length >= 4, { timeoutMs: 10_000 });
  await stage.client.cancelFlowRun(id);
  await cancelled(id);
  // CANCELLED is said only when the tree is gone.
  expect(processesOf(id)).toEqual([]);
});

test("a process that ignores TERM is killed when the grace is over", async () => {
  const id = await runOf("trap '' TERM; echo up; while true; do sleep 0.1; done");
  await eventually(async () => (await stage.client.listLogs(id)).length === 1, {
    timeoutMs: 10_000,
  });
  await stage.client.cancelFlowRun(id);
  expect((await stage.client.getFlowRun(id)).flowRun?.state?.type).toBe("STATE_TYPE_CANCELLING");
  await cancelled(id);
  expect(processesOf(id)).toEqual([]);
});

test("a process that ends by itself on TERM may say its last words", async () => {
  const id = await runOf(
    "trap 'echo tidied up; exit 0' TERM; echo up; while true; do sleep 0.05; done",
  );
  await eventually(async () => (await stage.client.listLogs(id)).length === 1, {
    timeoutMs: 10_000,
  });
  await stage.client.cancelFlowRun(id);
  await cancelled(id);
  // The shell may add a line on its own child, which the signal ended too.
  const lines = await eventually(async () => {
    const stored = (await stage.client.listLogs(id)).map((line) => line.message);
    return stored.includes("tidied up") ? stored : undefined;
  });
  expect(lines.filter((line) => line !== "Terminated")).toEqual(["up", "tidied up"]);
});

test("a run that nobody holds is CANCELLED at once and never starts", async () => {
  const { id: deployment } = await stage.client.applyDeployment({
    flowName: "tree",
    name: "one",
    workPoolName: "pool",
    jobVariablesJson: JSON.stringify({ command: "echo never" }),
  });
  const scheduledTime = new Date(Date.now() + 3_600_000);
  const { id } = await stage.client.createFlowRun({ deployment, scheduledTime });
  const run = await stage.client.cancelFlowRun(id);
  expect(run.state?.type).toBe("STATE_TYPE_CANCELLED");
  expect((await stage.client.getFlowRun(id)).attempts).toEqual([]);
});
