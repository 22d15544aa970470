import { Database, SQLiteError } from "bun:sqlite";
import { join } from "node:path";
import { switchedOn } from "#shared/failpoints.ts";
import type { Logger } from "#shared/logger.ts";
import { messageOf } from "#shared/errors.ts";
import { type AttemptRow, type IdentityRow, JournalRows, type ReportRow } from "./journal-rows.ts";

/** A change of the journal; it runs inside of a transaction and must not wait. */
export type JournalChange = (rows: JournalRows) => void;

/**
 * What a change must outlive. The death of the agent alone costs no fsync; that of the host does, and
 * is asked for where forgetting would start user code twice or lose how it ended.
 */
export type Outlives = "agent" | "host";

/** Another process has the journal open. */
export class JournalLocked extends Error {
  override readonly name = "JournalLocked";
}

interface Pending {
  readonly change: JournalChange;
  readonly outlives: Outlives;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const LAZY_DELAY_MS = 100;
const RETRY_DELAY_MS = 1000;

/**
 * What the agent must not forget: who it is, the attempts it holds, the reports nobody has
 * acknowledged. The open journal is also the lock of the state directory. All changes of one turn
 * of the event loop share one commit, so that a hundred starts cost one fsync.
 */
export class Journal {
  readonly #db: Database;
  readonly #rows: JournalRows;
  readonly #logger: Logger;
  #pending: Pending[] = [];
  #lazy: JournalChange[] = [];
  #scheduled = false;
  #outlives: Outlives = "host";
  #lazyTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  private constructor(db: Database, rows: JournalRows, logger: Logger) {
    this.#db = db;
    this.#rows = rows;
    this.#logger = logger;
  }

  /**
   * Opens the journal in this directory, or makes it. Throws JournalLocked if another process has
   * it, and SQLite's error if it cannot be read or written.
   */
  static open(directory: string, newAgentId: string, logger: Logger): Journal {
    const db = new Database(join(directory, "journal.db"), { create: true });
    try {
      db.run("pragma locking_mode = exclusive");
      db.run("pragma journal_mode = wal");
      db.run("pragma synchronous = full");
      // The first write takes the lock, which the mode above then never gives back.
      db.run("begin immediate");
      const rows = new JournalRows(db);
      rows.initialise(newAgentId);
      if (switchedOn("no-journal")) rows.clear();
      db.run("commit");
      return new Journal(db, rows, logger);
    } catch (error) {
      db.close();
      if (error instanceof SQLiteError && error.code === "SQLITE_BUSY") throw new JournalLocked();
      throw error;
    }
  }

  /** Who this agent is. */
  identity(): IdentityRow {
    return this.#rows.identity();
  }

  /** All held attempts. */
  attempts(): AttemptRow[] {
    return this.#rows.attempts();
  }

  /** All unacknowledged reports. */
  reports(): ReportRow[] {
    return this.#rows.reports();
  }

  /**
   * Resolves once the change outlives what it must; rejects, with nothing changed, if it cannot be
   * written. What was written before then outlives the same.
   */
  write(change: JournalChange, outlives: Outlives = "host"): Promise<void> {
    if (this.#closed) return Promise.reject(new Error("the journal is closed"));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pending.push({ change, outlives, done: resolve, failed: reject });
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#commit());
    }
    return promise;
  }

  /**
   * Like `write`, but tries again every second until it works. Never resolves once the journal is
   * closed: what was to follow is then the next start's business.
   */
  async writeEventually(change: JournalChange, outlives: Outlives = "host"): Promise<void> {
    for (;;) {
      try {
        await this.write(change, outlives);
        return;
      } catch (error) {
        if (this.#closed) return await new Promise<never>(() => {});
        this.#logger.error("cannot write the journal; trying again", { error: messageOf(error) });
        await Bun.sleep(RETRY_DELAY_MS);
      }
    }
  }

  /** Makes a change with the next commit, at the latest in 100 ms. For what may be forgotten. */
  writeLazily(change: JournalChange): void {
    if (this.#closed) return;
    this.#lazy.push(change);
    this.#lazyTimer ??= setTimeout(() => {
      this.#lazyTimer = undefined;
      this.write(() => {}, "agent").catch(() => {});
    }, LAZY_DELAY_MS);
  }

  /** Commits what is pending and lets go of the lock. */
  close(): void {
    if (this.#closed) return;
    this.#commit();
    this.#closed = true;
    clearTimeout(this.#lazyTimer);
    this.#db.close();
  }

  #commit(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    const pending = this.#pending.splice(0);
    const lazy = this.#lazy.splice(0);
    if (pending.length + lazy.length === 0) return;
    try {
      this.#require(pending.some(({ outlives }) => outlives === "host") ? "host" : "agent");
      this.#db.transaction(() => {
        for (const change of lazy) change(this.#rows);
        for (const { change } of pending) change(this.#rows);
      })();
    } catch (error) {
      this.#lazy.unshift(...lazy);
      for (const { failed } of pending) failed(error);
      return;
    }
    for (const { done } of pending) done();
  }

  /** Makes the next commit outlive this: with the write-ahead log synced, or not. */
  #require(outlives: Outlives): void {
    if (this.#outlives === outlives) return;
    this.#db.run(`pragma synchronous = ${outlives === "host" ? "full" : "normal"}`);
    this.#outlives = outlives;
  }
}
