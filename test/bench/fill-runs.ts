import pg from "pg";
import type { LeaseWorld } from "#test/support/lease-world.ts";

/**
 * Copies the run `template` `count` times, without the payload that no claim reads. `changes`: SQL
 * for columns that are to differ, in which `number` counts from 1.
 */
export async function fillRuns(
  world: LeaseWorld,
  template: string,
  count: number,
  changes: Readonly<Record<string, string>>,
): Promise<void> {
  // The program's own connections give up such long statements.
  const client = new pg.Client({ connectionString: world.database.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select column_name as name from information_schema.columns
        where table_schema = 'sluice' and table_name = 'flow_run' and is_generated = 'NEVER'`,
    );
    const columns = rows.map(({ name }) => name);
    const ids = { id: "gen_random_uuid()", state_id: "gen_random_uuid()" };
    const given: Readonly<Record<string, string>> = { ...ids, ...changes };
    const values = columns.map((name) => given[name] ?? name);
    await client.query(
      `insert into sluice.flow_run (${columns.join(", ")})
       select ${values.join(", ")} from sluice.flow_run, generate_series(1, ${count}) as number
        where flow_run.id = '${template}'`,
    );
    await client.query("vacuum analyze sluice.flow_run");
  } finally {
    await client.end();
  }
}
