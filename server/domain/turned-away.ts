import type { DeploymentConcurrency } from "./flow-run.ts";
import type { PlacementCandidate } from "./placement.ts";
import type { Millis } from "./state.ts";

/** A run that may be granted, with what its deployment does when there is no slot. */
export interface LimitedCandidate extends PlacementCandidate {
  /** Null: the deployment is gone. */
  readonly collisionStrategy: DeploymentConcurrency["strategy"] | null;
}

/** A limit under its lock. */
export interface LimitRoom {
  readonly limit: number;
  /** Null: it limits nothing. */
  readonly free: number | null;
}

/**
 * The runs that wait for nothing: their deployment is full once those placed have their slots, and
 * it cancels what finds no slot, or never has any. Runs that are not due yet are left alone.
 */
export function turnedAway(
  candidates: readonly LimitedCandidate[],
  placed: ReadonlySet<string>,
  limits: ReadonlyMap<string, LimitRoom>,
  now: Millis,
): string[] {
  const left = new Map([...limits].map(([id, { free }]) => [id, free ?? Infinity]));
  for (const { flowRunId, limitId } of candidates) {
    if (limitId && placed.has(flowRunId)) left.set(limitId, (left.get(limitId) ?? 0) - 1);
  }
  return candidates.flatMap(({ flowRunId, limitId, dueAt, collisionStrategy }) => {
    const room = limits.get(limitId ?? "");
    if (!limitId || room === undefined || placed.has(flowRunId) || dueAt > now) return [];
    const cancels = collisionStrategy === "CANCEL_NEW" || room.limit === 0;
    return cancels && (left.get(limitId) ?? Infinity) <= 0 ? [flowRunId] : [];
  });
}
