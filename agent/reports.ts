import { Report } from "#proto/sluice/v1/agent_service.ts";
import type { LeaseRef } from "#proto/sluice/v1/lease.ts";
import type { Journal, JournalChange } from "./journal.ts";
import { leaseKey } from "./lease-key.ts";
import type { Outbox } from "./session/outbox.ts";

/** What a report says. */
export type ReportEvent = NonNullable<Report["event"]>;

/** A report that is on disk. */
export interface StoredReport {
  /** Resolves when the control plane has it, or has refused it for good. */
  readonly acknowledged: Promise<void>;
}

interface Unacknowledged {
  readonly report: Report;
  readonly acknowledged: PromiseWithResolvers<void>;
}

/**
 * The facts that the control plane has not acknowledged. Each is durable before it is sent, is sent
 * again on every new stream, and is deleted only when it is acknowledged.
 */
export class Reports {
  readonly #journal: Journal;
  readonly #outbox: Outbox;
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  #lastSequence: number;

  constructor(journal: Journal, outbox: Outbox) {
    this.#journal = journal;
    this.#outbox = outbox;
    this.#lastSequence = journal.identity().lastSequence;
    for (const { report } of journal.reports()) this.#keep(Report.decode(report));
  }

  /** How many wait for an acknowledgement. */
  get count(): number {
    return this.#unacknowledged.size;
  }

  /**
   * Stores a report together with another change of the journal, and sends it. Resolves once it is
   * durable, which on a full disk is when there is room again. `onDurable` runs before it is sent.
   */
  async add(
    ref: LeaseRef,
    event: ReportEvent,
    change: JournalChange,
    onDurable: () => void = () => {},
  ): Promise<StoredReport> {
    const report: Report = { sequence: ++this.#lastSequence, ref, event };
    const row = {
      sequence: report.sequence,
      key: leaseKey(ref),
      report: Report.encode(report).finish(),
    };
    // Whether something was started, the journal knows from before the start.
    const outlives = event.$case === "started" ? "agent" : "host";
    await this.#journal.writeEventually((rows) => {
      change(rows);
      rows.addReport(row);
    }, outlives);
    onDurable();
    const { acknowledged } = this.#keep(report);
    this.#outbox.report(report);
    return { acknowledged: acknowledged.promise };
  }

  /** What is left of an attempt's reports of an earlier agent process. */
  left(key: string): StoredReport | undefined {
    const left = [...this.#unacknowledged.values()].filter(
      ({ report }) => report.ref !== undefined && leaseKey(report.ref) === key,
    );
    if (left.length === 0) return undefined;
    const all = Promise.all(left.map(({ acknowledged }) => acknowledged.promise));
    return { acknowledged: all.then(() => {}) };
  }

  /** Sends everything again. */
  sendAll(): void {
    for (const { report } of this.#unacknowledged.values()) this.#outbox.report(report);
  }

  /** These need not be sent again. Unknown numbers are of reports acknowledged before. */
  acknowledge(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      const known = this.#unacknowledged.get(sequence);
      if (known === undefined) continue;
      this.#unacknowledged.delete(sequence);
      this.#journal.writeLazily((rows) => rows.deleteReport(sequence));
      known.acknowledged.resolve();
    }
  }

  #keep(report: Report): Unacknowledged {
    const kept = { report, acknowledged: Promise.withResolvers<void>() };
    this.#unacknowledged.set(report.sequence, kept);
    return kept;
  }
}
