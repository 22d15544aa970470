import type { Report, SessionRequest } from "#proto/sluice/v1/agent_service.ts";
import type { LeaseRef } from "#proto/sluice/v1/lease.ts";
import { leaseKey } from "#agent/lease-key.ts";

/** What a request says. */
export type RequestMessage = NonNullable<SessionRequest["message"]>;

/** Sends a message; false if the transport has enough for now and `Outbox.resume` will be called. */
export type Transmit = (message: RequestMessage) => boolean;

const MAX_REFS = 1000;
const MAX_REPORTS = 200;

/**
 * What is to be said to the control plane. All that is put in during one turn of the event loop goes
 * out together, one message of a kind. It holds facts only, so it may be emptied when a stream ends:
 * the next hello and what follows it say everything again that still counts.
 */
export class Outbox {
  #transmit: Transmit | undefined;
  #blocked = false;
  #scheduled = false;
  #urgent: RequestMessage[] = [];
  #credit: number | undefined;
  readonly #stopsHeard = new Map<string, LeaseRef>();
  readonly #accepted = new Map<string, LeaseRef>();
  readonly #starts = new Map<string, LeaseRef>();
  readonly #reports = new Map<number, Report>();
  readonly #returned = new Map<string, Map<string, LeaseRef>>();

  /** A stream is open: from now on what is put in goes out. */
  open(transmit: Transmit): void {
    this.clear();
    this.#transmit = transmit;
  }

  /** No stream is open: what is put in is dropped. */
  close(): void {
    this.#transmit = undefined;
    this.clear();
  }

  /** The transport takes messages again. */
  resume(): void {
    this.#blocked = false;
    this.#schedule();
  }

  /** A heartbeat, before everything else. */
  heartbeat(sequence: number, held: LeaseRef[]): void {
    this.#urgent.push({ $case: "heartbeat", value: { sequence, held } });
    this.#schedule();
  }

  /** A stop order was heard. */
  stopHeard(ref: LeaseRef): void {
    this.#stopsHeard.set(leaseKey(ref), ref);
    this.#schedule();
  }

  /** A lease is in the journal. */
  accepted(ref: LeaseRef): void {
    this.#accepted.set(leaseKey(ref), ref);
    this.#schedule();
  }

  /** Asks whether an attempt may start. */
  requestStart(ref: LeaseRef): void {
    this.#starts.set(leaseKey(ref), ref);
    this.#schedule();
  }

  /** Something happened to an attempt. */
  report(report: Report): void {
    this.#reports.set(report.sequence, report);
    this.#schedule();
  }

  /** A lease is given back. */
  returned(ref: LeaseRef, reason: string): void {
    const refs = this.#returned.get(reason) ?? new Map<string, LeaseRef>();
    this.#returned.set(reason, refs.set(leaseKey(ref), ref));
    this.#schedule();
  }

  /** How many slots are free. */
  credit(freeSlots: number): void {
    this.#credit = freeSlots;
    this.#schedule();
  }

  /** Drops what has not gone out. */
  clear(): void {
    this.#blocked = false;
    this.#urgent = [];
    this.#credit = undefined;
    for (const kind of [this.#stopsHeard, this.#accepted, this.#starts, this.#returned])
      kind.clear();
    this.#reports.clear();
  }

  #schedule(): void {
    if (this.#scheduled || this.#blocked || this.#transmit === undefined) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    while (this.#transmit !== undefined && !this.#blocked) {
      const message = this.#take();
      if (message === undefined) return;
      this.#blocked = !this.#transmit(message);
    }
  }

  #take(): RequestMessage | undefined {
    const urgent = this.#urgent.shift();
    if (urgent !== undefined) return urgent;
    const [stopped] = takeSome(this.#stopsHeard, 1);
    if (stopped !== undefined) return { $case: "stopAcknowledged", value: { ref: stopped } };
    const accepted = takeSome(this.#accepted, MAX_REFS);
    if (accepted.length > 0) return { $case: "accepted", value: { refs: accepted } };
    const starts = takeSome(this.#starts, MAX_REFS);
    if (starts.length > 0) return { $case: "startRequests", value: { refs: starts } };
    const reports = takeSome(this.#reports, MAX_REPORTS);
    if (reports.length > 0) return { $case: "reports", value: { reports } };
    for (const [reason, returned] of this.#returned) {
      this.#returned.delete(reason);
      return { $case: "returned", value: { refs: [...returned.values()], reason } };
    }
    if (this.#credit === undefined) return undefined;
    const freeSlots = this.#credit;
    this.#credit = undefined;
    return { $case: "credit", value: { freeSlots } };
  }
}

function takeSome<K, V>(from: Map<K, V>, count: number): V[] {
  const taken: V[] = [];
  for (const [key, value] of from) {
    if (taken.length === count) break;
    taken.push(value);
    from.delete(key);
  }
  return taken;
}
