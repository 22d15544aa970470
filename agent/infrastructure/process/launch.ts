import { closeSync, mkdirSync, openSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { messageOf } from "#shared/errors.ts";
import { type AttemptPlace, type Job, LaunchError } from "#agent/infrastructure/driver.ts";
import { TAG_VARIABLE } from "./process-table.ts";
import { SHIM } from "./shim.ts";

/** The kernel takes no environment variable above 128 KiB, name and value together. */
const MAX_PARAMETERS_BYTES = 100 * 1024;

const SHELL = "/bin/sh";

/**
 * The agent's environment without what is the agent's own business: its secrets, the server's
 * settings, and what tests switch on.
 */
export function inheritedEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const secret = /^SLUICE_(API_KEY|DATABASE_URL|TLS_CA_FILE|LEASE|AGENT_.*|SERVER_.*|FAILPOINT.*)$/;
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !secret.test(name)) kept[name] = value;
  }
  return kept;
}

/** Makes the run directory with everything the process needs. Throws a LaunchError if it cannot. */
export function createRunDirectory(place: AttemptPlace, job: Job): void {
  try {
    mkdirSync(freshDirectory(place), { recursive: true, mode: 0o700 });
    writeFileSync(parametersFile(place), job.parametersJson, { mode: 0o600 });
    closeSync(openSync(place.outputPath, "a", 0o600));
  } catch (error) {
    throw new LaunchError(`the run directory cannot be made: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (job.workingDirectory !== null) requireDirectory(job.workingDirectory);
}

/** Starts the shim in a session and group of its own. Throws what the system says if it cannot. */
export function spawnShim(
  place: AttemptPlace,
  job: Job,
  inherited: Readonly<Record<string, string>>,
): Bun.Subprocess {
  const output = job.keepOutput ? openSync(place.outputPath, "a", 0o600) : undefined;
  try {
    return Bun.spawn([SHELL, "-c", SHIM, "sluice-run", place.directory, job.command], {
      cwd: job.workingDirectory === null ? freshDirectory(place) : resolve(job.workingDirectory),
      env: jobEnvironment(place, job, inherited),
      detached: true,
      stdin: "ignore",
      stdout: output ?? "ignore",
      stderr: "ignore",
    });
  } finally {
    if (output !== undefined) closeSync(output);
  }
}

function jobEnvironment(
  place: AttemptPlace,
  job: Job,
  inherited: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(inherited).filter(([name]) => !job.unsetEnv.includes(name));
  const fits = Buffer.byteLength(job.parametersJson) <= MAX_PARAMETERS_BYTES;
  return {
    ...Object.fromEntries(kept),
    ...job.env,
    ...(fits ? { SLUICE_PARAMETERS: job.parametersJson } : {}),
    SLUICE_PARAMETERS_FILE: parametersFile(place),
    [TAG_VARIABLE]: place.key,
  };
}

function freshDirectory(place: AttemptPlace): string {
  return join(place.directory, "work");
}

function parametersFile(place: AttemptPlace): string {
  return join(place.directory, "parameters.json");
}

function requireDirectory(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) return;
  const why = stat === undefined ? "does not exist" : "is not a directory";
  throw new LaunchError(
    `the working directory ${path} ${why} on the agent's host; make it there, or change the job variable working_dir`,
  );
}
