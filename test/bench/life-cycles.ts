import { eventually } from "#test/support/eventually.ts";
import { Stage } from "#test/support/stage.ts";
import { commitRate, pgBossRate } from "./baseline.ts";
import { benchAgent } from "./bench-agent.ts";
import { NoOpDriver } from "./no-op-driver.ts";
import { row, type Row } from "./row.ts";

const RUNS = 4_000;
const CREATORS = 200;
const BATCH = 100;
const BATCHES_AT_ONCE = 4;
const AGENTS = 4;

/**
 * Whole life cycles per second: created by the hundred or by a call each, granted, accepted, permitted, started,
 * ended and reported over real streams, every step a durable commit. Only the infrastructure does
 * nothing. Next to it what the same database does for raw pg-boss and for single commits.
 */
export async function lifeCycles(): Promise<Row[]> {
  await using stage = new Stage("bench-cycles", "release");
  const database = await stage.database();
  const boss = await pgBossRate(database.url);
  const commits = await commitRate(database.url);
  const plane = await stage.controlPlane({ databaseUrl: database.url });
  await stage.client.createWorkPool({ name: "pool", type: "process" });
  const { id: deployment } = await stage.client.applyDeployment({
    flowName: "nothing",
    name: "one",
    workPoolName: "pool",
    jobVariablesJson: JSON.stringify({ command: "true" }),
  });
  const agents = [];
  for (let agent = 0; agent < AGENTS; agent += 1) {
    agents.push(await benchAgent(plane, stage.path(`agent-${agent}`), new NoOpDriver()));
  }

  const rate = async (runs: number, create: Creation): Promise<number> => {
    const before = performance.now();
    await create(stage, deployment, runs);
    await eventually(
      async () => {
        const pool = await stage.client.getWorkPool("pool");
        return pool.waitingRuns === 0 && pool.slotsHeld === 0;
      },
      { timeoutMs: 120_000, what: "all runs have ended" },
    );
    return (runs * 1000) / (performance.now() - before);
  };
  await rate(RUNS / 4, createSingly);
  const together = await rate(RUNS, createTogether);
  const singly = await rate(RUNS, createSingly);
  for (const agent of agents) await agent.close();
  return [
    row("whole life cycles, no-op infrastructure, created by the hundred", together, "runs/s", {
      atLeast: 2_000,
      baseline: boss,
    }),
    row("whole life cycles, no-op infrastructure, a call for each", singly, "runs/s", {
      atLeast: 2_000,
    }),
    row("raw pg-boss: insert + fetch + complete, batch 100", boss, "jobs/s"),
    row("plain loop of single-row commits", commits, "commits/s"),
  ];
}

type Creation = (stage: Stage, deployment: string, count: number) => Promise<void>;

/** Creates runs by a call each, with so many calls under way at once. */
const createSingly: Creation = (stage, deployment, count) =>
  atOnce(CREATORS, count, async () => void (await stage.client.createFlowRun({ deployment })));

/** Creates runs by calls of a hundred. */
const createTogether: Creation = (stage, deployment, count) => {
  const batch = Array.from({ length: BATCH }, () => ({ deployment }));
  return atOnce(
    BATCHES_AT_ONCE,
    count / BATCH,
    async () => void (await stage.client.createFlowRuns(batch)),
  );
};

async function atOnce(
  concurrency: number,
  calls: number,
  call: () => Promise<void>,
): Promise<void> {
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun < calls) {
      begun += 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
}
