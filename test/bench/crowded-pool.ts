import { LeaseWorld } from "#test/support/lease-world.ts";
import { fillRuns } from "./fill-runs.ts";
import { percentile, row, type Row } from "./row.ts";

const QUEUES = 50;
const POOL_LIMIT = 500;
const QUEUE_LIMIT = 20;
const CLAIMERS = 20;
const RUNS_PER_QUEUE = 40;
const BLOCKED_RUNS = 100_000;
const CLAIMS = 60;

/** Limits under a crowd, and what a queue that is full costs the others. */
export async function crowdedPool(): Promise<Row[]> {
  return [...(await limitsUnderCrowd()), ...(await besideBlockedRuns())];
}

/**
 * Fifty queues, limits of pool and queues, and twenty agents that claim at once, each on a
 * connection of its own: how much was given, which must be to the run what the limits allow.
 */
async function limitsUnderCrowd(): Promise<Row[]> {
  const world = await LeaseWorld.create({ limit: POOL_LIMIT });
  try {
    for (let queue = 0; queue < QUEUES; queue += 1) {
      await world.deploy(`queue-${queue}`, 0, `queue-${queue}`);
      await world.createRuns(RUNS_PER_QUEUE, 0, `work/queue-${queue}`);
    }
    await world.database.pool.query("update sluice.work_queue set concurrency_limit = $1", [
      QUEUE_LIMIT,
    ]);
    const agents = await Promise.all(Array.from({ length: CLAIMERS }, () => world.hello()));
    const before = performance.now();
    const claimed = await Promise.all(
      agents.map(async (agent) => {
        const queues: string[] = [];
        for (;;) {
          const leases = await world.claim(agent, 10);
          if (leases.length === 0) return queues;
          queues.push(...leases.map(({ workQueueName }) => workQueueName));
        }
      }),
    );
    const seconds = (performance.now() - before) / 1000;
    const given = claimed.flat();
    const fullest = Math.max(
      ...[...Map.groupBy(given, (name) => name).values()].map((own) => own.length),
    );
    return [
      row("20 claimers, pool limit 500: leases given", given.length, "leases", {
        atLeast: POOL_LIMIT,
        atMost: POOL_LIMIT,
      }),
      row("20 claimers, queue limits 20: most of one queue", fullest, "leases", {
        atLeast: QUEUE_LIMIT,
        atMost: QUEUE_LIMIT,
      }),
      row("20 claimers, 50 queues: leases given per second", given.length / seconds, "leases/s"),
    ];
  } finally {
    await world.database.drop();
  }
}

/** One run claimed from a queue, with a hundred thousand due before it in a queue that is full. */
async function besideBlockedRuns(): Promise<Row[]> {
  const empty = await LeaseWorld.create();
  const crowded = await LeaseWorld.create();
  try {
    await crowded.deploy("blocked", 0, "blocked");
    const [template = ""] = await crowded.createRuns(1, 0, "work/blocked");
    await fillRuns(crowded, template, BLOCKED_RUNS, {});
    await crowded.database.pool.query(
      `update sluice.work_queue
          set concurrency_limit = case when name = 'blocked' then 0 end,
              priority = case when name = 'blocked' then 1 else 2 end`,
    );
    const worlds = [
      { world: empty, agent: await empty.hello(), samples: [] as number[] },
      { world: crowded, agent: await crowded.hello(), samples: [] as number[] },
    ];
    for (let claim = 0; claim < CLAIMS; claim += 1) {
      for (const { world, agent, samples } of worlds) {
        await world.createRuns(1);
        const before = performance.now();
        const leases = await world.claim(agent);
        samples.push(performance.now() - before);
        if (leases.length !== 1) throw new Error(`claimed ${leases.length} of 1`);
      }
    }
    const [alone = Number.NaN, beside = Number.NaN] = worlds.map(({ samples }) =>
      percentile(samples.slice(CLAIMS / 4), 0.5),
    );
    return [
      // Less than what a run may take in all on an idle pool.
      row("claim of 1 beside 100 k blocked runs, p50", beside, "ms", {
        atMost: 15,
        baseline: alone,
      }),
    ];
  } finally {
    await empty.database.drop();
    await crowded.database.drop();
  }
}
