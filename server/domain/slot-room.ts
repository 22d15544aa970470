import type { StateType } from "#shared/states.ts";
import type { FlowRunFacts, Orchestration } from "./flow-run.ts";
import { describeState } from "./rule.ts";

/** What the limits of pool and queue leave for one more run, read under the pool's lock. */
export interface SlotRoom {
  /** The pool is paused, or the queue. */
  readonly isPaused: boolean;
  /** Null: no limit. */
  readonly queueFree: number | null;
  /** Null: no limit. */
  readonly poolFree: number | null;
}

const HOLDING: readonly StateType[] = ["PENDING", "RUNNING"];

/** Whether a run occupies a slot of its pool: by a lease, or as a Prefect worker has it. */
export function holdsSlot(run: {
  readonly leased: boolean;
  readonly stateType: StateType;
}): boolean {
  return run.leased || HOLDING.includes(run.stateType);
}

/** Whether a run in such a state occupies a slot. */
export function occupiesSlot(type: StateType): boolean {
  return HOLDING.includes(type);
}

/**
 * The answer to a run that wants to start without a lease, if there is no room for it; null if there
 * is. To PENDING it is REJECT and the run stays as it is, so that its worker lets it go. To RUNNING
 * it is WAIT: a process is there that asks again, and a pause does not stop what was handed out.
 */
export function refuseWithoutRoom(
  facts: FlowRunFacts,
  to: StateType,
  room: SlotRoom,
  waitSeconds: number,
): Orchestration | null {
  const why = whyNoRoom(room, to === "PENDING");
  if (why === null || facts.state === null) return null;
  const reason = `The run is ${describeState(facts.state)} and does not become ${to}: ${why}.`;
  return to === "PENDING"
    ? { status: "REJECT", reason, change: null, slot: { kind: "none" } }
    : { status: "WAIT", reason, delaySeconds: Math.max(1, Math.round(waitSeconds)) };
}

function whyNoRoom(room: SlotRoom, pausesCount: boolean): string | null {
  if (pausesCount && room.isPaused) return "its work pool or queue is paused";
  if (room.queueFree !== null && room.queueFree <= 0) return "its work queue has no free slot";
  if (room.poolFree !== null && room.poolFree <= 0) return "its work pool has no free slot";
  return null;
}
