import type { Pool } from "pg";
import listSql from "./sql/partition-list.sql" with { type: "text" };
import lockSql from "./sql/partition-lock.sql" with { type: "text" };
import { isErrorCode } from "./system-error.ts";
import { inTransaction, type Tx } from "./transaction.ts";

/** The tables that are kept in days, with the column that says which. */
const PARTITIONED = [
  { table: "flow_run_state", column: "at" },
  { table: "event", column: "at" },
  { table: "log", column: "stored_at" },
] as const;

type Partitioned = (typeof PARTITIONED)[number];

const DAYS_AHEAD = 7;
/** Key of the lock that lets one replica work on partitions at a time. */
const PARTITIONS_LOCK = 0x70617274;
/** Partitions can wait; whoever writes rows queues behind them no longer than this. */
const LOCK_TIMEOUT = "250ms";
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Sees to it that the history tables have a partition for today (UTC, by the database) and for each
 * of the seven days after, and drops those that ended more than `retentionDays` ago. Rows that went
 * to the default partition meanwhile are moved or dropped alike. Does nothing while another replica
 * is at it; a table that is busy is left for the next time.
 */
export async function ensurePartitions(
  pool: Pool,
  options: { readonly retentionDays: number },
): Promise<void> {
  const plan = await readPlan(pool, options.retentionDays);
  for (const partitioned of PARTITIONED) {
    for (const step of stepsFor(partitioned, plan)) {
      if (!(await alone(pool, step))) break;
    }
  }
}

/** What is to be done for a table, each a transaction of its own. */
function stepsFor(partitioned: Partitioned, plan: Plan): ((tx: Tx) => Promise<unknown>)[] {
  const { table, column } = partitioned;
  return [
    ...plan.wanted
      .filter((day) => !plan.partitions.includes(`${table}_${day}`))
      .map((day) => (tx: Tx) => createPartition(tx, partitioned, day)),
    ...plan.partitions
      .filter((name) => isOlder(name, table, plan.oldest))
      .map((name) => (tx: Tx) => tx.query(`drop table if exists sluice.${name}`)),
    (tx) =>
      tx.query(`delete from sluice.${table}_default where ${column} < '${plan.oldest} 00:00+00'`),
  ];
}

interface Plan {
  readonly partitions: readonly string[];
  /** Days as `YYYYMMDD`. */
  readonly wanted: readonly string[];
  readonly oldest: string;
}

async function readPlan(pool: Pool, retentionDays: number): Promise<Plan> {
  const tables = PARTITIONED.map(({ table }) => `sluice.${table}`);
  const { rows } = await pool.query<Plan>({
    name: "partition-list",
    text: listSql,
    values: [tables, DAYS_AHEAD, retentionDays],
  });
  return rows[0] ?? { partitions: [], wanted: [], oldest: "" };
}

function isOlder(name: string, table: string, oldest: string): boolean {
  const day = name.startsWith(`${table}_`) ? name.slice(table.length + 1) : "";
  return /^\d{8}$/.test(day) && day < oldest;
}

/**
 * Runs `body` in a transaction. Returns false, with nothing done, if another replica works on
 * partitions or somebody keeps the table busy.
 */
async function alone(pool: Pool, body: (tx: Tx) => Promise<unknown>): Promise<boolean> {
  const attempt = async (tx: Tx): Promise<boolean> => {
    const { rows } = await tx.query<{ locked: boolean }>({
      name: "partition-lock",
      text: lockSql,
      values: [PARTITIONS_LOCK],
    });
    if (rows[0]?.locked !== true) return false;
    await body(tx);
    return true;
  };
  try {
    return await inTransaction(pool, attempt, `set local lock_timeout = '${LOCK_TIMEOUT}'`);
  } catch (error) {
    if (isErrorCode(error, LOCK_NOT_AVAILABLE)) return false;
    throw error;
  }
}

/**
 * Makes the partition of a day aside, moves into it what the default partition holds of that day,
 * and attaches it. The lock on the whole table keeps writers away meanwhile: one that was let in as
 * far as the default partition would be refused there afterwards. Names and bounds are of our own
 * making, never a caller's.
 */
async function createPartition(tx: Tx, { table, column }: Partitioned, day: string): Promise<void> {
  const name = `sluice.${table}_${day}`;
  const range = (side: string) => `'${day} 00:00+00'::timestamptz${side}`;
  const from = range("");
  const to = range(" + interval '24 hours'");
  const { rowCount } = await tx.query(`select from pg_class where oid = to_regclass('${name}')`);
  if (rowCount !== 0) return;
  await tx.query(`lock table only sluice.${table} in share row exclusive mode`);
  await tx.query(`lock table sluice.${table}_default in access exclusive mode`);
  await tx.query(`create table ${name} (like sluice.${table} including all)`);
  await tx.query(
    `with moved as (
       delete from sluice.${table}_default where ${column} >= ${from} and ${column} < ${to} returning *
     )
     insert into ${name} select * from moved`,
  );
  await tx.query(
    `alter table sluice.${table} attach partition ${name} for values from (${from}) to (${to})`,
  );
}
