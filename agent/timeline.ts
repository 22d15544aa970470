import type { LeaderEnd } from "./infrastructure/driver.ts";
import type { ReportEvent } from "./reports.ts";
import type { StopRequest } from "./stop-request.ts";

/** When an attempt took its steps, on the monotonic clock. What this process did not see is missing. */
export interface Timeline {
  readonly receivedAt: number;
  grantedAt?: number | undefined;
  startedAt?: number | undefined;
  /** Missing too if the output was noticed only after the end: when it came is then not known. */
  firstOutputAt?: number | undefined;
  endedAt?: number | undefined;
}

/** The process exists. */
export function startedEvent(infrastructureId: string, timeline: Timeline): ReportEvent {
  const sinceStartGrantedUs = sinceGranted(timeline, timeline.startedAt) ?? 0;
  return { $case: "started", value: { infrastructureId, sinceStartGrantedUs } };
}

/** The tree is gone; it ended by itself unless `stop` says why it was made to. */
export function exitedEvent(
  end: Extract<LeaderEnd, { kind: "exited" }>,
  timeline: Timeline,
  outputBytes: number,
  stop: StopRequest | undefined,
): ReportEvent {
  return {
    $case: "exited",
    value: {
      exitCode: end.exitCode ?? undefined,
      signal: end.signal,
      startedAfterUs: sinceGranted(timeline, timeline.startedAt),
      firstOutputAfterUs: sinceGranted(timeline, timeline.firstOutputAt),
      exitedAfterUs: sinceGranted(timeline, timeline.endedAt),
      outputBytes,
      stoppedOnOrder: stop?.kind === "ordered",
      message: stop?.kind === "leaving" ? `stopped because ${stop.reason}` : "",
    },
  };
}

/** It was not run, or its end is unknown. `lostContact`: the agent ended it to be on the safe side. */
export function crashedEvent(
  reason: string,
  neverStarted: boolean,
  lostContact = false,
): ReportEvent {
  return { $case: "crashed", value: { reason, neverStarted, lostContact } };
}

function sinceGranted({ grantedAt }: Timeline, at: number | undefined): number | undefined {
  if (grantedAt === undefined || at === undefined) return undefined;
  return Math.max(0, Math.round((at - grantedAt) * 1000));
}
