import type { Logger } from "#shared/logger.ts";
import { messageOf } from "#shared/errors.ts";
import type { Clock } from "#shared/clock.ts";
import { Bell } from "#agent/bell.ts";
import type { ProcessEntry, ProcessScanner, ProcessTable } from "./process-table.ts";

/** The first process of a tree, which leads a session and a group of its own. */
export interface Leader {
  readonly pid: number;
  /** As in the process table; anything else if it is known to be gone. */
  readonly startTime: string;
}

/** What a process tree is recognised by. */
export interface ProcessTreeOptions {
  /** `flow-run-id:epoch`. */
  readonly key: string;
  /** Undefined if nobody knows it; the tag remains. */
  readonly leader: Leader | undefined;
  readonly scanner: ProcessScanner;
  readonly clock: Clock;
  readonly logger: Logger;
}

const FIRST_WAIT_MS = 5;
const MAX_WAIT_MS = 100;
const KILL_WAIT_MS = 20;
const MAX_DISTURBED_SCANS = 3;
const SCAN_RETRY_MS = 1000;
const COMPLAIN_AFTER_MS = 10_000;

/**
 * All processes of one attempt: the leader's session and group, their descendants, and every process
 * that carries the attempt's tag in its environment. One that was seen once stays a member, also
 * when its parent dies. What it cannot see is a process that left the session, dropped its
 * environment and lost its parent before anybody looked.
 */
export class ProcessTree {
  readonly #options: ProcessTreeOptions;
  readonly #bell = new Bell();
  /** Start time by pid of all that were ever seen. */
  readonly #known = new Map<number, string>();
  /** Pid of the leader while processes of its session or group may live. */
  #group: number | undefined;
  #deadline = Infinity;
  #ending: Promise<void> | undefined;

  constructor(options: ProcessTreeOptions) {
    this.#options = options;
    this.#group = options.leader?.pid;
  }

  /**
   * Sends TERM to the tree, KILL after the grace, and resolves once a scan shows none of it. A later
   * call may shorten the grace, never lengthen it.
   */
  end(graceMs: number): Promise<void> {
    const deadline = this.#options.clock.monotonic() + graceMs;
    if (deadline < this.#deadline) {
      this.#deadline = deadline;
      this.#bell.ring();
    }
    this.#ending ??= this.#endAll();
    return this.#ending;
  }

  async #endAll(): Promise<void> {
    const { clock, logger, key } = this.#options;
    const asked = new Set<number>();
    let waitMs = FIRST_WAIT_MS;
    let disturbedScans = 0;
    let complainAt = Infinity;
    for (;;) {
      const table = await this.#scan();
      const members = this.#members(table);
      if (members.length === 0) {
        disturbedScans++;
        if (!table.disturbed || disturbedScans >= MAX_DISTURBED_SCANS) return;
        continue;
      }
      disturbedScans = 0;
      const now = clock.monotonic();
      if (now >= this.#deadline) {
        this.#signal(members, "SIGKILL");
        complainAt = Math.min(complainAt, now + COMPLAIN_AFTER_MS);
        if (now >= complainAt) {
          complainAt = now + COMPLAIN_AFTER_MS;
          logger.warning("processes do not go away although they were killed", {
            lease: key,
            pids: members.map((member) => member.pid),
          });
        }
        await Bun.sleep(KILL_WAIT_MS);
        continue;
      }
      const fresh = members.filter((member) => !asked.has(member.pid));
      this.#signal(fresh, "SIGTERM");
      // A stopped process must run to hear it.
      this.#signal(fresh, "SIGCONT");
      for (const { pid } of fresh) asked.add(pid);
      await this.#bell.wait(Math.min(waitMs, this.#deadline - now));
      waitMs = Math.min(waitMs * 2, MAX_WAIT_MS);
    }
  }

  /** A table, however long it takes: without one nobody can say that the tree is gone. */
  async #scan(): Promise<ProcessTable> {
    for (;;) {
      try {
        return await this.#options.scanner.scan();
      } catch (error) {
        this.#options.logger.error("cannot see which processes are left; trying again", {
          lease: this.#options.key,
          error: messageOf(error),
        });
        await Bun.sleep(SCAN_RETRY_MS);
      }
    }
  }

  /** The living members, the leader's group first asked as a whole so that no fork escapes. */
  #signal(members: readonly ProcessEntry[], signal: "SIGTERM" | "SIGCONT" | "SIGKILL"): void {
    const group = this.#group;
    if (group !== undefined && members.some((member) => member.group === group)) {
      sendSignal(-group, signal);
    }
    for (const member of members) if (member.group !== group) sendSignal(member.pid, signal);
  }

  #members(table: ProcessTable): ProcessEntry[] {
    const { key, leader } = this.#options;
    // The kernel gives a pid away again only when no group and no session has its number.
    const holder = leader && table.entries.get(leader.pid);
    if (holder !== undefined && holder.startTime !== leader?.startTime) this.#group = undefined;
    const found = new Set<number>();
    for (const entry of table.entries.values()) {
      const inSession = entry.session === this.#group || entry.group === this.#group;
      if (inSession || this.#known.get(entry.pid) === entry.startTime) found.add(entry.pid);
    }
    if (found.size === 0) this.#group = undefined;
    for (const pid of table.byTag.get(key) ?? []) found.add(pid);
    addDescendants(table, found);
    found.delete(process.pid);
    this.#known.clear();
    const members = [...found].flatMap((pid) => table.entries.get(pid) ?? []);
    for (const { pid, startTime } of members) this.#known.set(pid, startTime);
    return members;
  }
}

function addDescendants(table: ProcessTable, found: Set<number>): void {
  if (found.size === 0) return;
  const children = new Map<number, number[]>();
  for (const { pid, parent } of table.entries.values()) {
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [pid]);
    else siblings.push(pid);
  }
  // A set is walked together with what is added to it on the way.
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already, or not ours to signal: the next scan tells.
  }
}
