import type { Millis } from "./state.ts";

/** Whether a queue's runs are asked for. */
export type WorkQueueStatus = "READY" | "NOT_READY" | "PAUSED";

/** Seconds after its last poll for which a queue counts as polled. */
export const POLLED_FOR_SECONDS = 60;

/** What a queue's health is judged by. */
export interface HealthPolicy {
  readonly maximumLateRuns: number;
  readonly maximumSecondsSinceLastPolled: number;
}

/** The policy of every queue. */
export const HEALTH_POLICY: HealthPolicy = {
  maximumLateRuns: 0,
  maximumSecondsSinceLastPolled: POLLED_FOR_SECONDS,
};

/** A queue's polls as far as they are known. */
export interface Polls {
  /** Null: never polled. */
  readonly lastPolledAt: Millis | null;
  /** The same clock. */
  readonly now: Millis;
}

/**
 * The status after a pause is set or lifted. Pausing what is PAUSED and resuming what is not change
 * nothing; what is resumed is READY if it was polled lately.
 */
export function statusAfterPause(
  status: WorkQueueStatus,
  isPaused: boolean,
  polls: Polls,
): WorkQueueStatus {
  if (isPaused) return "PAUSED";
  if (status !== "PAUSED") return status;
  return polledWithin(polls, POLLED_FOR_SECONDS) ? "READY" : "NOT_READY";
}

/** Whether a queue is polled, and its runs are not late. */
export function isHealthy(lateRuns: number, polls: Polls, policy = HEALTH_POLICY): boolean {
  return (
    lateRuns <= policy.maximumLateRuns && polledWithin(polls, policy.maximumSecondsSinceLastPolled)
  );
}

/** The event that tells of a status. */
export function queueStatusEvent(status: WorkQueueStatus): "ready" | "not-ready" | "paused" {
  switch (status) {
    case "READY":
      return "ready";
    case "NOT_READY":
      return "not-ready";
    case "PAUSED":
      return "paused";
  }
}

function polledWithin({ lastPolledAt, now }: Polls, seconds: number): boolean {
  return lastPolledAt !== null && now - lastPolledAt <= seconds * 1000;
}
