import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Lease, type LeaseRef } from "#proto/sluice/v1/lease.ts";
import { messageOf } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";
import type { AttemptSurroundings } from "./attempt-surroundings.ts";
import { attemptName, leaseKey } from "./lease-key.ts";
import { RunLease } from "./run-lease.ts";

/** What names this boot of the host; user code that another boot started is not there any more. */
export function readBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
}

/** An attempt of an earlier agent process, and how to go on with it. */
export interface LeftAttempt {
  readonly attempt: RunLease;
  readonly resume: () => Promise<void>;
}

/**
 * All attempts the journal holds. Nothing happens to them before `resume` is called. Run directories
 * of attempts that the journal does not know are of no use to anybody and are removed.
 */
export function leftAttempts(around: AttemptSurroundings): LeftAttempt[] {
  const names = new Set<string>();
  const left = around.journal.attempts().map((row): LeftAttempt => {
    const lease = Lease.decode(row.lease);
    const ref = requireRef(lease);
    if (leaseKey(ref) !== row.key) throw new Error(`the journal's lease ${row.key} is another's`);
    names.add(attemptName(ref));
    const attempt = new RunLease(ref, lease, row.phase, around);
    const sameBoot = row.bootId === around.bootId;
    return { attempt, resume: () => attempt.resume(row.infrastructure, sameBoot) };
  });
  for (const name of readdirSync(around.runsDirectory)) {
    if (!names.has(name)) removeStray(join(around.runsDirectory, name), around.logger);
  }
  return left;
}

function removeStray(path: string, logger: Logger): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    logger.warning("a run directory nobody needs cannot be removed", { error: messageOf(error) });
  }
}

function requireRef({ ref }: Lease): LeaseRef {
  if (ref === undefined) throw new Error("a lease in the journal names no attempt");
  return ref;
}
