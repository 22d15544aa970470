import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { type AgentProcess } from "#test/support/agent-process.ts";
import { eventually } from "#test/support/eventually.ts";
import { stateTypeOf } from "#test/support/evidence.ts";
import type { TimelineHop } from "#proto/sluice/v1/flow_run.ts";
import { isTerminal } from "#shared/states.ts";
import { Stage } from "#test/support/stage.ts";

const stage = new Stage("e2e-delivery", "release");
const agents: AgentProcess[] = [];

beforeAll(async () => {
  await stage.controlPlane();
});

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close();
});

afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

async function agentFor(workPoolName: string, ...flags: string[]): Promise<AgentProcess> {
  const agent = await stage.agent({ workPoolName, flags }).start();
  agents.push(agent);
  return agent;
}

async function deploy(
  workPoolName: string,
  fields: { name?: string; workQueueName?: string; retries?: number; env?: object } = {},
): Promise<string> {
  const { name = "flow", env = {}, ...rest } = fields;
  const { id } = await stage.client.applyDeployment({
    flowName: workPoolName,
    name,
    workPoolName,
    jobVariablesJson: JSON.stringify({
      command: `sh ${stage.ledger.flowPath}`,
      env: { FLOW_LEDGER: stage.ledger.path, FLOW_LINES: "2", ...env },
    }),
    ...rest,
  });
  return id;
}

async function run(deployment: string, scheduledTime?: Date): Promise<string> {
  const fields = scheduledTime === undefined ? {} : { scheduledTime };
  return (await stage.client.createFlowRun({ deployment, ...fields })).id;
}

async function ended(ids: readonly string[]): Promise<void> {
  await eventually(
    async () => {
      const runs = await Promise.all(ids.map((id) => stage.client.getFlowRun(id)));
      return runs.every(({ flowRun }) => flowRun !== undefined && isTerminal(stateTypeOf(flowRun)));
    },
    { timeoutMs: 20_000, what: "all runs have ended" },
  );
}

async function hopsOf(id: string): Promise<ReadonlyMap<string, TimelineHop>> {
  const { attempts } = await stage.client.getFlowRun(id);
  return new Map((attempts[0]?.hops ?? []).map((hop) => [hop.name, hop]));
}

test("a pool's limit of 2 is reached and never passed", async () => {
  await stage.client.createWorkPool({ name: "two", type: "process", concurrencyLimit: 2 });
  const deployment = await deploy("two", { env: { FLOW_SECONDS: "0.15" } });
  await agentFor("two");
  await agentFor("two");
  const ids = await Promise.all(Array.from({ length: 6 }, () => run(deployment)));
  await ended(ids);
  expect(stage.ledger.mostAtOnce()).toBe(2);
});

test("an agent's own limit is never passed", async () => {
  await stage.client.createWorkPool({ name: "one", type: "process" });
  const deployment = await deploy("one", { env: { FLOW_SECONDS: "0.05" } });
  await agentFor("one", "--limit", "1");
  const ids = await Promise.all(Array.from({ length: 5 }, () => run(deployment)));
  await ended(ids);
  const own = stage.ledger.entries().filter((entry) => ids.includes(entry.flowRunId));
  expect(own.map((entry) => entry.kind)).toEqual(ids.flatMap(() => ["start", "end"] as const));
});

test("a queue of higher priority is emptied first, whatever was created before", async () => {
  await stage.client.createWorkPool({ name: "falls", type: "process" });
  const first = await deploy("falls", { name: "first" });
  const second = await deploy("falls", { name: "second", workQueueName: "second" });
  const third = await deploy("falls", { name: "third", workQueueName: "third" });
  const low = [await run(third), await run(third)];
  const middle = [await run(second), await run(second)];
  const high = [await run(first), await run(first)];
  await agentFor("falls", "--limit", "1");
  await ended([...low, ...middle, ...high]);
  const starts = stage.ledger.entries().filter((entry) => entry.kind === "start");
  const order = starts
    .map((entry) => entry.flowRunId)
    .filter((id) => [...low, ...middle, ...high].includes(id));
  expect(order).toEqual([...high, ...middle, ...low]);
});

test("a paused pool delivers nothing, and what waited starts at once when it is resumed", async () => {
  await stage.client.createWorkPool({ name: "rests", type: "process", isPaused: true });
  const deployment = await deploy("rests");
  await agentFor("rests");
  const id = await run(deployment);
  // The run of another pool, created later, shows that there was time enough for this one.
  await stage.client.createWorkPool({ name: "works", type: "process" });
  await agentFor("works");
  await ended([await run(await deploy("works"))]);
  expect(stage.ledger.starts(id)).toHaveLength(0);
  const before = performance.now();
  await stage.client.updateWorkPool({ name: "rests", isPaused: false });
  await ended([id]);
  expect(performance.now() - before).toBeLessThan(1_000);
});

test("a run due in two seconds is fetched early, starts not before its time and within 150 ms after", async () => {
  await stage.client.createWorkPool({ name: "early", type: "process" });
  const deployment = await deploy("early");
  await agentFor("early", "--prefetch-seconds", "10");
  const due = Date.now() + 2_000;
  const id = await run(deployment, new Date(due));
  await ended([id]);
  const hops = await hopsOf(id);
  const claimed = hops.get("claimed")?.at?.getTime() ?? Number.NaN;
  const started = hops.get("process_started")?.at?.getTime() ?? Number.NaN;
  expect(claimed).toBeLessThan(due - 1_000);
  expect(started).toBeGreaterThanOrEqual(due);
  expect(started).toBeLessThan(due + 150);
});

test("without prefetch a run due later is not even claimed before its time", async () => {
  await stage.client.createWorkPool({ name: "punctual", type: "process" });
  const deployment = await deploy("punctual");
  await agentFor("punctual", "--prefetch-seconds", "0");
  const due = Date.now() + 1_000;
  const id = await run(deployment, new Date(due));
  await ended([id]);
  const claimed = (await hopsOf(id)).get("claimed")?.at?.getTime() ?? Number.NaN;
  expect(claimed).toBeGreaterThanOrEqual(due);
  expect(claimed).toBeLessThan(due + 150);
});

test("a failed attempt is tried again as often as the deployment says, each time anew", async () => {
  await stage.client.createWorkPool({ name: "again", type: "process" });
  const deployment = await deploy("again", { retries: 2, env: { FLOW_FAILURES: "2" } });
  await agentFor("again");
  const id = await run(deployment);
  await ended([id]);
  const { flowRun, attempts, states } = await stage.client.getFlowRun(id);
  expect(flowRun?.state?.type).toBe("STATE_TYPE_COMPLETED");
  expect(attempts.map(({ attempt, exitCode }) => [attempt, exitCode])).toEqual([
    [1, 3],
    [2, 3],
    [3, 0],
  ]);
  expect(stage.ledger.starts(id).map((start) => start.attempt)).toEqual([1, 2, 3]);
  expect(states.map((state) => state.name)).toContain("AwaitingRetry");
});

test("retries that are used up leave the run FAILED", async () => {
  await stage.client.createWorkPool({ name: "hopeless", type: "process" });
  const deployment = await deploy("hopeless", { retries: 1, env: { FLOW_FAILURES: "9" } });
  await agentFor("hopeless");
  const id = await run(deployment);
  await ended([id]);
  const { flowRun } = await stage.client.getFlowRun(id);
  expect(flowRun?.state?.type).toBe("STATE_TYPE_FAILED");
  expect(stage.ledger.starts(id)).toHaveLength(2);
});

test("an idempotency key creates one run", async () => {
  await stage.client.createWorkPool({ name: "keyed", type: "process" });
  const deployment = await deploy("keyed");
  const ids = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const created = await stage.client.createFlowRun({ deployment, idempotencyKey: "today" });
      return created.id;
    }),
  );
  expect(new Set(ids).size).toBe(1);
});
