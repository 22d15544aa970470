import pg from "pg";
import { LeaseWorld } from "#test/support/lease-world.ts";
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

/** Copies one run often, as ended and as due in a month, without the payloads that no claim reads. */
async function fill(world: LeaseWorld): Promise<void> {
  const [template] = await world.createRuns(1, 30 * 86_400);
  // The program's own connections give up such long statements.
  const client = new pg.Client({ connectionString: world.database.url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `select column_name as name from information_schema.columns
      where table_schema = 'sluice' and table_name = 'flow_run' and is_generated = 'NEVER'`,
  );
  const copy = async (count: number, changes: Readonly<Record<string, string>>): Promise<void> => {
    const columns = rows.map(({ name }) => name);
    const values = columns.map((name) => changes[name] ?? name);
    await client.query(
      `insert into sluice.flow_run (${columns.join(", ")})
       select ${values.join(", ")} from sluice.flow_run, generate_series(1, ${count}) as number
        where flow_run.id = '${template}'`,
    );
  };
  await copy(ENDED_RUNS, {
    id: "gen_random_uuid()",
    state_id: "gen_random_uuid()",
    state_type: "'COMPLETED'",
    state_name: "'Completed'",
    next_start_at: "null",
    end_at: "clock_timestamp()",
  });
  await copy(FUTURE_RUNS, {
    id: "gen_random_uuid()",
    state_id: "gen_random_uuid()",
    next_start_at: "next_start_at + make_interval(secs => number)",
  });
  await client.query("vacuum analyze sluice.flow_run");
  await client.end();
}
