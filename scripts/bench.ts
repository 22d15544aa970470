// Measures what docs/performance.md promises and prints it as a table, or writes it as JSON.
import { parseArgs } from "node:util";
import { claimTime } from "#test/bench/claim-time.ts";
import { crowdedPool } from "#test/bench/crowded-pool.ts";
import { footprint } from "#test/bench/footprint.ts";
import { idle } from "#test/bench/idle.ts";
import { lifeCycles } from "#test/bench/life-cycles.ts";
import { describeMachine } from "#test/bench/machine.ts";
import { type Row, table } from "#test/bench/row.ts";
import { startLatency } from "#test/bench/start-latency.ts";

const GROUPS: Readonly<Record<string, () => Promise<Row[]>>> = {
  start: startLatency,
  cycles: lifeCycles,
  claim: claimTime,
  crowd: crowdedPool,
  idle,
  footprint,
};

const HELP = `Measures the control plane and the agent, and holds them against their budgets.

Usage: scripts/bench [--json FILE] [ROW…]

  ROW          ${Object.keys(GROUPS).join(", ")}; without any, all of them (about five minutes)
  --json FILE  also writes {"machine":…,"rows":[{"name","value","unit","budget","baseline","ok"}]}

The exit code is 1 if a budget is missed.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { json: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const unknown = positionals.filter((name) => !Object.hasOwn(GROUPS, name));
  if (unknown.length > 0) {
    console.error(`There is no row '${unknown[0]}'; there are ${Object.keys(GROUPS).join(", ")}.`);
    return 2;
  }
  const machine = describeMachine();
  console.log(`${machine}\n`);
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(GROUPS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const started = performance.now();
    rows.push(...(await measure()));
    console.error(`${name}: measured in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  console.log(`\n${table(rows)}`);
  if (values.json !== undefined) {
    await Bun.write(values.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  }
  return rows.every((row) => row.ok) ? 0 : 1;
}

process.exitCode = await main();
process.exit();
