import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** A process that outlived what started it. */
export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

/**
 * The processes that belong to `directory`: they were started with it as TMPDIR, name it in their
 * command line, or stand in it. Linux only; elsewhere there is nothing to read and none is found.
 */
export function findLeftovers(directory: string): Leftover[] {
  return processIds()
    .filter((pid) => pid !== process.pid && belongsTo(pid, directory))
    .map((pid) => ({ pid, command: readProc(pid, "cmdline").replaceAll("\0", " ").trim() }));
}

function processIds(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function belongsTo(pid: number, directory: string): boolean {
  // A zombie is dead; only its parent has not looked yet.
  if (/^\d+ \(.*\) Z/s.test(readProc(pid, "stat"))) return false;
  const environment = readProc(pid, "environ").split("\0");
  return (
    environment.includes(`TMPDIR=${directory}`) ||
    readProc(pid, "cmdline").includes(`${directory}/`) ||
    `${workingDirectory(pid)}/`.startsWith(`${directory}/`)
  );
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(join("/proc", String(pid), file), "utf8");
  } catch {
    return "";
  }
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(join("/proc", String(pid), "cwd"));
  } catch {
    return "";
  }
}
