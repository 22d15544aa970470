import type { StateType } from "#shared/states.ts";

/** Which lease a proposal says it comes from. */
export interface LeaseClaim {
  readonly flowRunId: string;
  readonly epoch: number;
}

/** A run as far as leases are concerned. */
export interface LeasedRun {
  readonly id: string;
  readonly stateType: StateType;
  readonly epoch: number;
  readonly leased: boolean;
}

/** Reads `RUN:EPOCH`; undefined if it is something else. */
export function parseLeaseClaim(text: string): LeaseClaim | undefined {
  const [, flowRunId, epoch] = /^\s*([0-9a-f-]{36}):(\d{1,15})\s*$/i.exec(text) ?? [];
  if (flowRunId === undefined || epoch === undefined) return undefined;
  return { flowRunId: flowRunId.toLowerCase(), epoch: Number(epoch) };
}

/** Whether the proposal comes out of the very lease that holds the run. */
export function isHolder(run: LeasedRun, claim: LeaseClaim | null): boolean {
  return claim?.flowRunId === run.id && run.leased && claim.epoch === run.epoch;
}

/**
 * Why a proposal is ABORTed whatever the rules say; null if they may decide. A claim on another run
 * says nothing about this one: an engine may speak of its subflows. Who claims nothing is a person
 * or a Prefect worker, and takes no run out of an agent's hands.
 */
export function whyFenced(run: LeasedRun, to: StateType, claim: LeaseClaim | null): string | null {
  if (isHolder(run, claim)) return null;
  if (claim?.flowRunId === run.id) {
    return `The lease with epoch ${claim.epoch} is over; what comes of it changes nothing.`;
  }
  const starts = to === "PENDING" || (to === "RUNNING" && run.stateType !== "RUNNING");
  return run.leased && starts ? "An agent holds this run; nobody else starts it." : null;
}
