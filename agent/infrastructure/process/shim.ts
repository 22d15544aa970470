import { lstatSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Run by `/bin/sh` as `sh -c SHIM sluice-run RUN_DIRECTORY COMMAND`. It leaves its pid, claims the
 * start by a file that can be made only once, runs the command, and leaves its exit code. The line
 * end behind the code says that the file is complete. On a full disk a link can still hold the code.
 *
 * The shim outlives signals that reach the whole group: only it can tell how the command ended. A
 * trapped signal, unlike an ignored one, is back to its default in the command. The redirection stands
 * in a subshell, so that what the shim has to say about a killed command stays out of its output.
 */
export const SHIM = `
echo "$$" > "$1/pid" || exit 125
set -C
: > "$1/claim" || exit 125
set +C
trap : HUP INT QUIT PIPE ALRM TERM USR1 USR2
( exec /bin/sh -c "$2" 2>&1 )
code=$?
echo "$code" > "$1/rc" || command -p ln -s "$code" "$1/rc-link"
exit "$code"
`;

/** Who may start, or has started, user code of an attempt. */
export type Claim = "agent" | "shim";

/**
 * Claims the start for the agent, so that no shim can ever start user code, and says who has the
 * claim: the shim, if it was there first or if the directory is gone.
 */
export function claimForAgent(directory: string): Claim {
  const claim = join(directory, "claim");
  try {
    // A link that leads nowhere is made in one step, also on a full disk, and keeps the shim out.
    symlinkSync("claimed-by-the-agent", claim);
    return "agent";
  } catch (error) {
    const stat = lstatSync(claim, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink() === true) return "agent";
    if (stat !== undefined || hasCode(error, "ENOENT")) return "shim";
    throw error;
  }
}

/** The pid that the shim left; undefined if it did not get that far. */
export function readShimPid(directory: string): number | undefined {
  return readNumberLine(join(directory, "pid"));
}

/** The exit code that the shim left; undefined if there is none or it is not complete. */
export function readExitCode(directory: string): number | undefined {
  return readNumberLine(join(directory, "rc")) ?? readNumberLink(join(directory, "rc-link"));
}

function readNumberLine(path: string): number | undefined {
  try {
    const [, digits] = /^(\d+)\n$/.exec(readFileSync(path, "latin1")) ?? [];
    return digits === undefined ? undefined : Number(digits);
  } catch {
    return undefined;
  }
}

function readNumberLink(path: string): number | undefined {
  try {
    const target = readlinkSync(path);
    return /^\d+$/.test(target) ? Number(target) : undefined;
  } catch {
    return undefined;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
