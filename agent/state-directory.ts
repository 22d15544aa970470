import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError, invalidField, messageOf } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import type { Logger } from "#shared/logger.ts";
import { Journal, JournalLocked } from "./journal.ts";

/** Where an agent keeps its state, and under which name it works. */
export interface StateDirectory {
  readonly directory: string;
  /** Parent of the run directories. */
  readonly runsDirectory: string;
  /** The file that says when the control plane last heard of this agent. */
  readonly heardPath: string;
  readonly agentName: string;
  /** Open, and therefore locked. */
  readonly journal: Journal;
}

/** How to choose the state directory. */
export interface StateDirectoryOptions {
  /** Parent of the state directories of all agents on this host. */
  readonly agentsDirectory: string;
  /** Exactly this directory instead of one chosen by pool and name. */
  readonly directory: string | undefined;
  readonly workPoolName: string;
  /** Undefined: the host name, or the first of host-2, host-3, … that is free. */
  readonly agentName: string | undefined;
  readonly hostname: string;
  readonly logger: Logger;
}

const MAX_AGENTS_BY_HOST_NAME = 1000;
const MAX_FOLDER_NAME = 200;

/**
 * Opens and locks the state directory. Throws an AppError if another agent has it or if it cannot
 * be written.
 */
export function openStateDirectory(options: StateDirectoryOptions): StateDirectory {
  const { agentName, hostname } = options;
  if (agentName !== undefined || options.directory !== undefined) {
    return openNamed(options, agentName ?? hostname);
  }
  for (let number = 1; number <= MAX_AGENTS_BY_HOST_NAME; number++) {
    const name = number === 1 ? hostname : `${hostname}-${number}`;
    try {
      return openNamed(options, name);
    } catch (error) {
      if (!(error instanceof AppError) || error.reason !== "already_exists") throw error;
    }
  }
  throw invalidField("--name", `all names from '${hostname}' on are taken; give one`);
}

/** One path segment for a pool and an agent, different for each pair of names. */
export function folderName(workPoolName: string, agentName: string): string {
  const folder = `${escapeName(workPoolName)}--${escapeName(agentName)}`;
  if (folder.length <= MAX_FOLDER_NAME) return folder;
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 32);
  return `${folder.slice(0, MAX_FOLDER_NAME - digest.length - 1)}~${digest}`;
}

function escapeName(name: string): string {
  return encodeURIComponent(name.toWellFormed())
    .replace(/-(?=-|$)|^-/g, "%2D")
    .replace(/^\./, "%2E")
    .replace(/[*~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function openNamed(options: StateDirectoryOptions, agentName: string): StateDirectory {
  const directory =
    options.directory ?? join(options.agentsDirectory, folderName(options.workPoolName, agentName));
  const runsDirectory = join(directory, "runs");
  const pidFile = join(directory, "agent.pid");
  try {
    mkdirSync(runsDirectory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
    const journal = Journal.open(directory, newId(), options.logger);
    try {
      writeFileSync(pidFile, `${process.pid}\n`);
    } catch (error) {
      journal.close();
      throw error;
    }
    const heardPath = join(directory, "heard");
    return { directory, runsDirectory, heardPath, agentName, journal };
  } catch (error) {
    if (error instanceof JournalLocked) {
      throw new AppError(
        "already_exists",
        `agent ${agentName} already runs (pid ${readPid(pidFile)}) with the state directory ${directory}; stop it, or give another --name`,
      );
    }
    throw new AppError(
      "permission_denied",
      `the state directory ${directory} cannot be used: ${messageOf(error)}; free space or rights there, or choose another with --state-dir or SLUICE_HOME`,
      { cause: error },
    );
  }
}

function readPid(pidFile: string): string {
  try {
    return readFileSync(pidFile, "utf8").trim() || "unknown";
  } catch {
    return "unknown";
  }
}
