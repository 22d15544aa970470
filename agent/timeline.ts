import type { LeaderEnd } from "./infrastructure/driver.ts";
import type { ReportEvent } from "./reports.ts";

/** When an attempt took its steps, on the monotonic clock. What this process did not see is missing. */
export interface Timeline {
  readonly receivedAt: number;
  grantedAt?: number | undefined;
  startedAt?: number | undefined;
  firstOutputAt?: number | undefined;
  endedAt?: number | undefined;
}

/** How an attempt ended, beside how its leader did. */
export interface EndFacts {
  readonly outputBytes: number;
  readonly stoppedOnOrder: boolean;
  /** For people; empty for an ordinary exit. */
  readonly message: string;
}

/** The process exists. */
export function startedEvent(infrastructureId: string, timeline: Timeline): ReportEvent {
  const sinceStartGrantedUs = sinceGranted(timeline, timeline.startedAt) ?? 0;
  return { $case: "started", value: { infrastructureId, sinceStartGrantedUs } };
}

/** The tree is gone. */
export function exitedEvent(
  end: Extract<LeaderEnd, { kind: "exited" }>,
  timeline: Timeline,
  facts: EndFacts,
): ReportEvent {
  // Output may be noticed only after the exit; it was there before.
  const firstOutputAt =
    timeline.firstOutputAt && Math.min(timeline.firstOutputAt, timeline.endedAt ?? Infinity);
  return {
    $case: "exited",
    value: {
      exitCode: end.exitCode ?? undefined,
      signal: end.signal,
      startedAfterUs: sinceGranted(timeline, timeline.startedAt),
      firstOutputAfterUs: sinceGranted(timeline, firstOutputAt),
      exitedAfterUs: sinceGranted(timeline, timeline.endedAt),
      ...facts,
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
