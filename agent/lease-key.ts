import type { LeaseRef } from "#proto/sluice/v1/lease.ts";

/** An attempt as text, `flow-run-id:epoch`; the key of every map of attempts. */
export function leaseKey(ref: LeaseRef): string {
  return `${ref.flowRunId}:${ref.epoch}`;
}

/** What an attempt's run directory and infrastructure are called. */
export function attemptName(ref: LeaseRef): string {
  return `${ref.flowRunId}-${ref.epoch}`;
}
