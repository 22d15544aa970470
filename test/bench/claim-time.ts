import { LeaseWorld } from "#test/support/lease-world.ts";
import { fillRuns } from "./fill-runs.ts";
import { percentile, row, type Row } from "./row.ts";

const ENDED_RUNS = 1_000_000;
const FUTURE_RUNS = 100_000;
const CLAIMS = 40;
const BATCH = 100;

/**
 * The time of one claim of 100 runs on a database with a million ended and a hundred thousand
 * future runs, against one that is empty, measured in turn.
 */
export async function claimTime(): Promise<Row[]> {
  const empty = await LeaseWorld.create();
  const full = await LeaseWorld.create();
  try {
    await fill(full);
    const worlds = [
      { world: empty, agent: await empty.hello(), samples: [] as number[] },
      { world: full, agent: await full.hello(), samples: [] as number[] },
    ];
    for (let claim = 0; claim < CLAIMS; claim += 1) {
      for (const { world, agent, samples } of worlds) {
        await world.createRuns(BATCH);
        const before = performance.now();
        const leases = await world.claim(agent, BATCH);
        samples.push(performance.now() - before);
        if (leases.length !== BATCH) throw new Error(`claimed ${leases.length} of ${BATCH}`);
      }
    }
    // The first claims plan and warm up.
    const [alone = Number.NaN, crowded = Number.NaN] = worlds.map(({ samples }) =>
      percentile(samples.slice(CLAIMS / 4), 0.5),
    );
    return [
      row("claim of 100, empty table, p50", alone, "ms"),
      row("claim of 100, 1 M ended + 100 k future, p50", crowded, "ms", { baseline: alone }),
      row("claim: full against empty", crowded / alone, "×", { atMost: 1.2, baseline: 1 }),
    ];
  } finally {
    await empty.database.drop();
    await full.database.drop();
  }
}

/** A million runs that have ended, and a hundred thousand that are due in a month and later. */
async function fill(world: LeaseWorld): Promise<void> {
  const [template = ""] = await world.createRuns(1, 30 * 86_400);
  await fillRuns(world, template, ENDED_RUNS, {
    state_type: "'COMPLETED'",
    state_name: "'Completed'",
    next_start_at: "null",
    end_at: "clock_timestamp()",
  });
  await fillRuns(world, template, FUTURE_RUNS, {
    next_start_at: "next_start_at + make_interval(secs => number)",
  });
}
