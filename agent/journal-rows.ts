import type { Database } from "bun:sqlite";

/** How far an attempt is; each step is durable before the deed that it announces. */
export type AttemptPhase = "accepted" | "starting" | "running" | "ended";

/** A held attempt as the journal has it. */
export interface AttemptRow {
  readonly key: string;
  readonly phase: AttemptPhase;
  /** The lease as it came, an encoded `sluice.v1.Lease`. */
  readonly lease: Uint8Array;
  /** The boot of the host in which user code was started. */
  readonly bootId: string | null;
  /** What the driver needs to find the infrastructure again. */
  readonly infrastructure: string | null;
}

/** An unacknowledged report, an encoded `sluice.v1.Report`. */
export interface ReportRow {
  readonly sequence: number;
  readonly key: string;
  readonly report: Uint8Array;
}

/** Who this agent is. */
export interface IdentityRow {
  readonly agentId: string;
  readonly session: number;
  readonly lastSequence: number;
}

const SCHEMA = `
  create table if not exists identity (
    one integer primary key check (one = 1),
    agent_id text not null,
    session integer not null,
    last_sequence integer not null
  ) strict;
  create table if not exists attempt (
    key text primary key,
    phase text not null check (phase in ('accepted', 'starting', 'running', 'ended')),
    lease blob not null,
    boot_id text,
    infrastructure text
  ) strict, without rowid;
  create table if not exists report (
    sequence integer primary key,
    key text not null,
    report blob not null
  ) strict;
  pragma user_version = 1;
`;

/** The statements of the journal. The changes belong inside of `Journal.write`. */
export class JournalRows {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Makes the tables, and the identity of a new agent. */
  initialise(newAgentId: string): void {
    this.#db.run(SCHEMA);
    this.#db.run("insert or ignore into identity values (1, ?, 0, 0)", [newAgentId]);
  }

  /** Who this agent is, and how far its two counters are. */
  identity(): IdentityRow {
    const row = this.#db
      .query<IdentityRow, []>(
        "select agent_id as agentId, session, last_sequence as lastSequence from identity",
      )
      .get();
    if (row === null) throw new Error("the journal has no identity");
    return row;
  }

  /** All attempts, in the order of their keys. */
  attempts(): AttemptRow[] {
    return this.#db
      .query<AttemptRow, []>(
        "select key, phase, lease, boot_id as bootId, infrastructure from attempt order by key",
      )
      .all();
  }

  /** All unacknowledged reports, in order. */
  reports(): ReportRow[] {
    return this.#db
      .query<ReportRow, []>("select sequence, key, report from report order by sequence")
      .all();
  }

  /** Forgets every attempt and report. */
  clear(): void {
    this.#db.run("delete from attempt");
    this.#db.run("delete from report");
  }

  /** Stores the number of the session that is about to be opened. */
  setSession(session: number): void {
    this.#db.query("update identity set session = ?").run(session);
  }

  /** A lease has come. One that is there already stays as it is. */
  addAccepted(key: string, lease: Uint8Array): void {
    this.#db
      .query("insert or ignore into attempt (key, phase, lease) values (?, 'accepted', ?)")
      .run(key, lease);
  }

  /** User code may start from now on. */
  markStarting(key: string, bootId: string): void {
    this.#db
      .query(
        "update attempt set phase = 'starting', boot_id = ? where key = ? and phase = 'accepted'",
      )
      .run(bootId, key);
  }

  /** The infrastructure exists. */
  markRunning(key: string, infrastructure: string): void {
    this.#db
      .query(
        "update attempt set phase = 'running', infrastructure = ? where key = ? and phase = 'starting'",
      )
      .run(infrastructure, key);
  }

  /** Nothing of the attempt runs any more. */
  markEnded(key: string): void {
    this.#db.query("update attempt set phase = 'ended' where key = ?").run(key);
  }

  /** The attempt is over for this agent. */
  deleteAttempt(key: string): void {
    this.#db.query("delete from attempt where key = ?").run(key);
  }

  /** Keeps a report until it is acknowledged, and its number for ever. */
  addReport(row: ReportRow): void {
    this.#db
      .query("insert into report (sequence, key, report) values (?, ?, ?)")
      .run(row.sequence, row.key, row.report);
    this.#db.query("update identity set last_sequence = max(last_sequence, ?)").run(row.sequence);
  }

  /** The report is acknowledged. */
  deleteReport(sequence: number): void {
    this.#db.query("delete from report where sequence = ?").run(sequence);
  }
}
