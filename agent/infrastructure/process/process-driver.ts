import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";
import {
  type Adoption,
  type AttemptPlace,
  type Driver,
  type Infrastructure,
  type Job,
  LaunchError,
  type LeaderEnd,
} from "#agent/infrastructure/driver.ts";
import { createRunDirectory, inheritedEnvironment, spawnShim } from "./launch.ts";
import { ProcessScanner, readProcess, readTag } from "./process-table.ts";
import { type Leader, ProcessTree } from "./process-tree.ts";
import { claimForAgent, readExitCode, readShimPid } from "./shim.ts";

/** What the process driver is given. */
export interface ProcessDriverOptions {
  /** The agent's own, from which jobs inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ADOPTED_POLL_MS = 50;

/** The start time of a leader that was gone before it could be looked at. */
const ENDED = "-";

const LOST_REASON =
  "the process disappeared while no agent watched it; whether it finished is unknown";
const RESTARTED_REASON =
  "the host restarted while the run was in progress; whether it finished is unknown";
const BROKEN_START_REASON =
  "the process could not be started: its run directory cannot be written; look for a full disk";
const NOT_STARTED_REASON =
  "the agent stopped before the process was started, and made sure that it never is";

/** Runs attempts as processes of this host: `/bin/sh -c COMMAND`, in a session of their own. */
export class ProcessDriver implements Driver {
  readonly type = "process";
  readonly #options: ProcessDriverOptions;
  readonly #inherited: Readonly<Record<string, string>>;
  readonly #scanner = new ProcessScanner();

  constructor(options: ProcessDriverOptions) {
    this.#options = options;
    this.#inherited = inheritedEnvironment(options.environment);
  }

  async create(place: AttemptPlace, job: Job): Promise<void> {
    createRunDirectory(place, job);
  }

  async start(place: AttemptPlace, job: Job): Promise<Infrastructure> {
    let shim: Bun.Subprocess;
    try {
      shim = spawnShim(place, job, this.#inherited);
    } catch (error) {
      throw this.#launchError(place, error);
    }
    const startTime = readProcess(shim.pid)?.startTime ?? ENDED;
    return this.#infrastructure(place, { pid: shim.pid, startTime }, watchChild(place, shim));
  }

  async adopt(place: AttemptPlace, record: string | null, sameBoot: boolean): Promise<Adoption> {
    if (!sameBoot) return { kind: "adopted", infrastructure: afterRestart(place) };
    if (record === null && claimForAgent(place.directory) === "agent") {
      return { kind: "neverStarted", reason: NOT_STARTED_REASON };
    }
    const leader = record === null ? findLeader(place) : parseRecord(record);
    const ended = watchAdopted(place, leader);
    return { kind: "adopted", infrastructure: this.#infrastructure(place, leader, ended) };
  }

  async remove(place: AttemptPlace): Promise<void> {
    try {
      await rm(place.directory, { recursive: true, force: true });
    } catch {
      await makeWritable(place.directory);
      await rm(place.directory, { recursive: true, force: true });
    }
  }

  #infrastructure(
    place: AttemptPlace,
    leader: Leader | undefined,
    ended: Promise<LeaderEnd>,
  ): Infrastructure {
    const tree = new ProcessTree({
      key: place.key,
      leader,
      scanner: this.#scanner,
      clock: this.#options.clock,
      logger: this.#options.logger,
    });
    return {
      id: leader === undefined ? "" : String(leader.pid),
      record: leader === undefined ? "" : `${leader.pid} ${leader.startTime}`,
      ended,
      end: (graceMs) => tree.end(graceMs),
    };
  }

  #launchError(place: AttemptPlace, error: unknown): LaunchError {
    claimForAgent(place.directory);
    const tooLong = messageOf(error).includes("E2BIG");
    return new LaunchError(
      tooLong
        ? "the process cannot be started: its command and environment are larger than the system allows; pass large values by file"
        : `the process cannot be started: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

async function watchChild(place: AttemptPlace, shim: Bun.Subprocess): Promise<LeaderEnd> {
  await shim.exited;
  const left = readExitCode(place.directory);
  if (left !== undefined) return { kind: "exited", exitCode: left, signal: "" };
  if (shim.signalCode !== null) {
    return { kind: "exited", exitCode: null, signal: String(shim.signalCode) };
  }
  // A shim that left no code either could not claim the start, or could not write any more.
  return claimForAgent(place.directory) === "agent"
    ? { kind: "neverStarted", reason: BROKEN_START_REASON }
    : { kind: "exited", exitCode: shim.exitCode, signal: "" };
}

/** Undoes what a job may have done to its directories so that they cannot be removed. */
async function makeWritable(directory: string): Promise<void> {
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(directory, entry.name));
  }
}

/** Polls: only a parent is told of an end, and the parent is dead. */
async function watchAdopted(place: AttemptPlace, leader: Leader | undefined): Promise<LeaderEnd> {
  while (leader !== undefined && readProcess(leader.pid)?.startTime === leader.startTime) {
    await Bun.sleep(ADOPTED_POLL_MS);
  }
  return readLeftEnd(place, LOST_REASON);
}

function readLeftEnd(place: AttemptPlace, reason: string): LeaderEnd {
  const exitCode = readExitCode(place.directory);
  return exitCode === undefined
    ? { kind: "lost", reason }
    : { kind: "exited", exitCode, signal: "" };
}

/** After a restart of the host nothing runs, and a pid means nothing. */
function afterRestart(place: AttemptPlace): Infrastructure {
  return {
    id: "",
    record: "",
    ended: Promise.resolve(readLeftEnd(place, RESTARTED_REASON)),
    end: () => Promise.resolve(),
  };
}

/** The shim of an attempt whose start was not journalled. */
function findLeader(place: AttemptPlace): Leader | undefined {
  const pid = readShimPid(place.directory);
  if (pid === undefined) return undefined;
  const startTime = readTag(pid) === place.key ? readProcess(pid)?.startTime : undefined;
  return { pid, startTime: startTime ?? ENDED };
}

function parseRecord(record: string): Leader | undefined {
  const [pid = "", startTime] = record.split(" ");
  return startTime === undefined ? undefined : { pid: Number(pid), startTime };
}
