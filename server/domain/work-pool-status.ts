import type { Millis } from "./state.ts";

/** Whether a pool's runs will be taken. */
export type WorkPoolStatus = "READY" | "NOT_READY" | "PAUSED";

/** Status events that are further apart than this do not follow one another. Milliseconds. */
const FOLLOWS_WITHIN_MS = 10 * 60_000;

/**
 * Whether anybody is told of the pool's status. Pools of the type that Prefect's agents of old served
 * have none: nothing serves them.
 */
export function tellsStatus(type: string): boolean {
  return type !== "prefect-agent";
}

/** The status of a pool of which only that is known. Who serves it counts only if it is not paused. */
export function workPoolStatus(isPaused: boolean, isServed: boolean): WorkPoolStatus {
  if (isPaused) return "PAUSED";
  return isServed ? "READY" : "NOT_READY";
}

/** The event that tells of a status. */
export function statusEventName(status: WorkPoolStatus): string {
  return `prefect.work-pool.${status.toLowerCase().replace("_", "-")}`;
}

/** The status event that one of now follows; null if there was none, or too long ago. */
export function followedStatusEvent(
  last: { readonly eventId: string | null; readonly at: Millis | null },
  now: Millis,
): string | null {
  return last.at !== null && now - last.at < FOLLOWS_WITHIN_MS ? last.eventId : null;
}
