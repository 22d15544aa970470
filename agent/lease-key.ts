import { join } from "node:path";
import type { LeaseRef } from "#proto/sluice/v1/lease.ts";
import type { AttemptPlace } from "./infrastructure/driver.ts";

/** An attempt as text, `flow-run-id:epoch`; the key of every map of attempts. */
export function leaseKey(ref: LeaseRef): string {
  return `${ref.flowRunId}:${ref.epoch}`;
}

/** What an attempt's run directory and infrastructure are called. */
export function attemptName(ref: LeaseRef): string {
  return `${ref.flowRunId}-${ref.epoch}`;
}

/** Where the files of an attempt are. */
export function attemptPlace(ref: LeaseRef, runsDirectory: string): AttemptPlace {
  const directory = join(runsDirectory, attemptName(ref));
  return { key: leaseKey(ref), directory, outputPath: join(directory, "output") };
}
