import { readdirSync, readFileSync } from "node:fs";
import { messageOf } from "#shared/errors.ts";

/** The variable that marks every process of an attempt. */
export const TAG_VARIABLE = "SLUICE_LEASE";

/** One process as the kernel shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Ticks since boot. With the pid it names a process for ever. */
  readonly startTime: string;
  /** It has ended and waits to be collected. */
  readonly zombie: boolean;
}

/** The processes of the host at about one moment. */
export interface ProcessTable {
  /** Without zombies. */
  readonly entries: ReadonlyMap<number, ProcessEntry>;
  /** Processes by the value of their tag. */
  readonly byTag: ReadonlyMap<string, readonly number[]>;
  /** A process vanished while the table was read: a child of it may have been missed. */
  readonly disturbed: boolean;
}

/** The process of that pid; undefined if there is none or it is a zombie. */
export function readProcess(pid: number): ProcessEntry | undefined {
  try {
    const entry = parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
    return entry === undefined || entry.zombie ? undefined : entry;
  } catch {
    return undefined;
  }
}

/** The tag in the environment a process was started with; undefined if it has none or hides it. */
export function readTag(pid: number): string | undefined {
  try {
    return findTag(readFileSync(`/proc/${pid}/environ`, "latin1"));
  } catch {
    return undefined;
  }
}

/** Reads the process table. Costs about 30 µs a process. */
export function readProcessTable(): ProcessTable {
  const entries = new Map<number, ProcessEntry>();
  const byTag = new Map<string, number[]>();
  let disturbed = false;
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const entry = readStat(pid);
    if (entry === undefined) disturbed = true;
    if (entry === undefined || entry.zombie) continue;
    entries.set(pid, entry);
    const tag = readTag(pid);
    if (tag === undefined) continue;
    const tagged = byTag.get(tag);
    if (tagged === undefined) byTag.set(tag, [pid]);
    else tagged.push(pid);
  }
  return { entries, byTag, disturbed };
}

/** Shares one reading of the table among all who ask for it in the same turn of the event loop. */
export class ProcessScanner {
  #next: Promise<ProcessTable> | undefined;

  /** A table that was read after this call. */
  scan(): Promise<ProcessTable> {
    this.#next ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#next = undefined;
        try {
          resolve(readProcessTable());
        } catch (error) {
          reject(new Error(`cannot read the process table: ${messageOf(error)}`, { cause: error }));
        }
      });
    });
    return this.#next;
  }
}

function readStat(pid: number): ProcessEntry | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

function parseStat(text: string): ProcessEntry | undefined {
  // The name, in brackets, may itself hold spaces and brackets.
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parent, group, session] = fields;
  const startTime = fields[19];
  if (Number.isNaN(pid) || state === undefined || startTime === undefined) return undefined;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime,
    // One that is just dying has no group any more.
    zombie: state === "Z" || state === "X" || Number(group) <= 0,
  };
}

function findTag(environ: string): string | undefined {
  const prefix = `${TAG_VARIABLE}=`;
  const at = environ.startsWith(prefix) ? 0 : environ.indexOf(`\0${prefix}`) + 1;
  if (at === 0 && !environ.startsWith(prefix)) return undefined;
  const end = environ.indexOf("\0", at);
  return environ.slice(at + prefix.length, end === -1 ? undefined : end);
}
