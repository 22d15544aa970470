import type { Millis } from "./state.ts";

/** What is known of an attempt's way. Microseconds count from `startGrantedAt`, by its agent. */
export interface AttemptStamps {
  readonly submittedAt: Millis;
  readonly eligibleAt: Millis;
  readonly grantedAt: Millis;
  /** Since `grantedAt`, by the replica that sent it. */
  readonly sentAfterUs: number | null;
  readonly acceptedAt: Millis | null;
  readonly startGrantedAt: Millis | null;
  readonly startedAfterUs: number | null;
  readonly firstOutputAfterUs: number | null;
  readonly exitedAfterUs: number | null;
  readonly reportedAt: Millis | null;
}

/** One hop of an attempt's way. */
export interface Hop {
  readonly name:
    | "submitted"
    | "eligible"
    | "claimed"
    | "sent"
    | "accepted"
    | "start_granted"
    | "process_started"
    | "first_output"
    | "exited"
    | "reported";
  readonly at: Millis;
  /** 0 for the first. */
  readonly sincePreviousMs: number;
}

/**
 * The hops that happened, in order. None is before the one ahead of it: where two clocks say so, it
 * is put at the same moment. All are whole microseconds, in which the distances add up exactly to
 * the way from the first hop to the last.
 */
export function timeline(stamps: AttemptStamps): Hop[] {
  const started = stamps.startGrantedAt === null ? null : micros(stamps.startGrantedAt);
  const known: readonly (readonly [Hop["name"], number | null])[] = [
    ["submitted", micros(stamps.submittedAt)],
    // An agent may fetch a run before it is due: it was eligible when it was claimed.
    ["eligible", micros(Math.min(stamps.eligibleAt, stamps.grantedAt))],
    ["claimed", micros(stamps.grantedAt)],
    ["sent", after(micros(stamps.grantedAt), stamps.sentAfterUs)],
    ["accepted", stamps.acceptedAt === null ? null : micros(stamps.acceptedAt)],
    ["start_granted", started],
    ["process_started", after(started, stamps.startedAfterUs)],
    ["first_output", after(started, stamps.firstOutputAfterUs)],
    ["exited", after(started, stamps.exitedAfterUs)],
    ["reported", stamps.reportedAt === null ? null : micros(stamps.reportedAt)],
  ];
  const hops: Hop[] = [];
  let previous: number | null = null;
  for (const [name, stamp] of known) {
    if (stamp === null) continue;
    const at: number = Math.max(stamp, previous ?? stamp);
    hops.push({ name, at: at / 1000, sincePreviousMs: (at - (previous ?? at)) / 1000 });
    previous = at;
  }
  return hops;
}

function after(start: number | null, us: number | null): number | null {
  return start === null || us === null ? null : start + Math.round(us);
}

function micros(at: Millis): number {
  return Math.round(at * 1000);
}
