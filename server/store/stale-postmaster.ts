import { readFileSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { AppError } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";
import { isErrorCode } from "./system-error.ts";

/** Marks in its arguments that a PostgreSQL was started by us. */
export const OWN_MARK = "cluster_name=sluice";

const FAST_STOP_MS = 20_000;
const IMMEDIATE_STOP_MS = 5_000;
const LOOK_AGAIN_MS = 10;

/**
 * Ends whatever an earlier server that died left running on the cluster, and removes a
 * `postmaster.pid` that no longer tells the truth. Call it while holding the data directory's lock:
 * then nobody uses what it stops. Returns whether a running PostgreSQL was found.
 */
export async function clearStalePostmaster(cluster: string, logger: Logger): Promise<boolean> {
  const pidFile = join(cluster, "postmaster.pid");
  const pid = readPid(pidFile);
  if (pid === undefined) return false;

  const args = argumentsOf(pid);
  const running = args?.includes(cluster) === true && /postgres/.test(args[0] ?? "");
  if (running && !args.includes(OWN_MARK)) {
    throw new AppError(
      "database_unavailable",
      `a PostgreSQL that Sluice did not start (process ${pid}) runs on ${cluster}; stop it first`,
    );
  }
  if (running) {
    logger.info("taking over from a PostgreSQL whose server is gone", { pid });
    await endProcess(pid, cluster);
  }
  // A crashed postmaster's children hold its shared memory until they notice; the file must not go
  // before them, since it is what keeps a second postmaster out.
  const left = () => processesIn(cluster).length > 0;
  if (!(await within(IMMEDIATE_STOP_MS, () => !left()))) {
    throw new AppError(
      "database_unavailable",
      `processes of an earlier PostgreSQL (${processesIn(cluster).join(", ")}) still use ${cluster}; end them, then start again`,
    );
  }
  rmSync(pidFile, { force: true });
  return running;
}

async function endProcess(pid: number, cluster: string): Promise<void> {
  const gone = () => argumentsOf(pid)?.includes(cluster) !== true;
  signal(pid, "SIGINT");
  if (await within(FAST_STOP_MS, gone)) return;
  signal(pid, "SIGQUIT");
  if (await within(IMMEDIATE_STOP_MS, gone)) return;
  throw new AppError(
    "database_unavailable",
    `the PostgreSQL of an earlier server (process ${pid}) does not stop; end it, then start again`,
  );
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!isErrorCode(error, "ESRCH")) throw error;
  }
}

async function within(ms: number, done: () => boolean): Promise<boolean> {
  const end = performance.now() + ms;
  while (!done()) {
    if (performance.now() > end) return false;
    await delay(LOOK_AGAIN_MS);
  }
  return true;
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
    // Zero and negative numbers mean process groups to kill(2). An empty file is a torn write.
    return Number.isInteger(pid) && pid > 0 ? pid : 0;
  } catch (error) {
    if (isErrorCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** The arguments of a process; undefined if there is none. */
function argumentsOf(pid: number): string[] | undefined {
  if (pid === 0) return undefined;
  if (process.platform !== "linux") {
    const found = Bun.spawnSync(["ps", "-ww", "-o", "command=", "-p", String(pid)]);
    // Without /proc only the joined line is known, which cannot be split where a path has spaces.
    const line = found.stdout.toString();
    return line === "" ? undefined : splitAround(line);
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch (error) {
    if (isErrorCode(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

/** Splits what `ps` joined at the options that we give to postgres. */
function splitAround(line: string): string[] {
  const [program = "", rest = ""] = line.trim().split(" -D ", 2);
  return [program, ...rest.split(/ -[kpc] /)];
}

/** Processes whose working directory is the cluster, as that of every process of PostgreSQL is. */
function processesIn(cluster: string): string[] {
  if (process.platform !== "linux") return [];
  const real = realpathSync(cluster);
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readlinkSync(`/proc/${name}/cwd`) === real;
    } catch {
      // It ended meanwhile, or belongs to another user, whose processes are not ours to wait for.
      return false;
    }
  });
}
