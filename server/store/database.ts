import pg from "pg";
import type { Logger } from "#shared/logger.ts";

const TIMESTAMPTZ = 1184;
const INT8 = 20;

/** Anything a statement can be run on: the pool for single reads, a transaction for the rest. */
export interface Queryable {
  query<Row extends object>(
    statement: Statement,
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}

/** One statement of `sql/`, with its values. The name is the file's and names the prepared plan. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** How to reach PostgreSQL. */
export interface DatabaseOptions {
  readonly url: string;
  /** Most connections of this replica, without pg-boss's and the listener's. */
  readonly maxConnections: number;
  readonly logger: Logger;
  /** Milliseconds that a statement may take; 10 s if not given; 0: any. */
  readonly statementMs?: number;
}

const STATEMENT_MS = 10_000;
/** A slow server ends a statement itself, and the connection lives; only a silent one is given up. */
const SILENCE_MS = 1_000;

/**
 * Limits that keep a connection on which nothing is heard any more from holding up whoever uses it,
 * and what it had locked from being held for ever: settings of `pg`.
 */
export function patience(
  statementMs = STATEMENT_MS,
): Pick<
  pg.ClientConfig,
  "statement_timeout" | "query_timeout" | "idle_in_transaction_session_timeout"
> {
  if (statementMs === 0) return {};
  return {
    statement_timeout: statementMs,
    query_timeout: statementMs + SILENCE_MS,
    idle_in_transaction_session_timeout: statementMs,
  };
}

/**
 * Statements are few, prepared, and written so that one plan is right for all values. PostgreSQL
 * would plan some of them anew each time, which takes many times their execution, and the others
 * once, on tables that may be empty then and large later. So it is told what suits statements that
 * read by key, whatever the tables hold: one plan, along indexes, from row to row.
 */
const PLANNING = [
  "plan_cache_mode = force_generic_plan",
  "enable_seqscan = off",
  "enable_hashjoin = off",
  "enable_mergejoin = off",
  "jit = off",
]
  .map((setting) => `set ${setting}`)
  .join(";");

/**
 * Opens a pool. Timestamps are read as Millis, bigint columns as numbers. Statements of a connection
 * are sent without waiting for the answers to those before; they are carried out in order.
 */
export function openDatabase(options: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections,
    application_name: "sluice",
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    pipeline: true,
    ...patience(options.statementMs),
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
  });
  // One that breaks while it is lent, between two statements, fails the next statement. Without a
  // listener of its own that would end the program.
  pool.on("connect", (client) => {
    client.on("error", () => {});
    // Sent before anything else is. It only fails with the connection, as all that follows will.
    client.query(PLANNING).catch(() => {});
  });
  // A connection that breaks while idle is replaced by the pool; it must not end the program.
  pool.on("error", (error) => {
    options.logger.warning("an idle database connection broke", { error: error.message });
  });
  return pool;
}

function typeParser(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  if (format !== "binary") {
    if (oid === TIMESTAMPTZ) return parseTimestamp;
    if (oid === INT8) return Number;
  }
  return pg.types.getTypeParser(oid, format);
}

const DOT = 46;
const MOST_SECONDS = 256;
/** Whole seconds that were read lately: the many times of a busy moment share few of them. */
const knownSeconds = new Map<string, number>();

/** PostgreSQL's text of a timestamptz as Millis, microseconds kept; infinity stays infinite. */
export function parseTimestamp(text: string): number {
  const zone = text.length - 3;
  const sign = text.charAt(zone);
  if (text.charCodeAt(19) !== DOT || (sign !== "+" && sign !== "-")) return parseWhole(text);
  const second = text.slice(0, 19) + text.slice(zone);
  let whole = knownSeconds.get(second);
  if (whole === undefined) {
    whole = parseWhole(second);
    if (knownSeconds.size >= MOST_SECONDS) knownSeconds.clear();
    knownSeconds.set(second, whole);
  }
  return whole + Number(text.slice(19, zone)) * 1000;
}

/** Any text of a timestamptz. */
function parseWhole(text: string): number {
  const parts = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-])(\d\d)(?::(\d\d))?$/.exec(text);
  // Number knows "Infinity"; what else does not match, as years before Christ, is not a number.
  if (parts === null) return Number(text.replace("infinity", "Infinity"));
  const [, date, time, fraction = "", sign, hours, minutes = "00"] = parts;
  const whole = Date.parse(`${date}T${time}${sign}${hours}:${minutes}`);
  return whole + Number(`0.${fraction}0`) * 1000;
}
