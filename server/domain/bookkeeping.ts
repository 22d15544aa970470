import { isTerminal } from "#shared/states.ts";
import type { FlowRunChange } from "./flow-run.ts";
import type { Move } from "./rule.ts";
import type { Millis, State } from "./state.ts";

/** What a run's columns become when the move's state is stored. Holds for every policy. */
export function bookkeeping({ facts, proposed, policy, input }: Move): FlowRunChange {
  const { type } = proposed;
  const timestamp = uniqueTimestamp(facts.state, input.now);
  const scheduledTime = proposed.details.scheduledTime ?? timestamp;
  const details = type === "SCHEDULED" ? { ...proposed.details, scheduledTime } : proposed.details;
  const ended = isTerminal(type);
  return {
    state: { id: input.stateId, ...proposed, details, timestamp },
    runCount: facts.runCount + (type === "RUNNING" && !policy.resuming ? 1 : 0),
    expectedStartTime:
      facts.expectedStartTime ?? (type === "SCHEDULED" ? scheduledTime : timestamp),
    nextScheduledStartTime: type === "SCHEDULED" ? scheduledTime : null,
    startTime: facts.startTime ?? (type === "RUNNING" || ended ? timestamp : null),
    endTime: ended ? (facts.endTime ?? timestamp) : null,
    totalRunTimeSeconds: facts.totalRunTimeSeconds + secondsRun(facts.state, timestamp),
    policy: type === "RUNNING" || ended ? { ...policy, resuming: false } : policy,
  };
}

/**
 * `now`, or a microsecond after the current state if that is not later: states of a run are told
 * apart and ordered by their timestamps, also when clocks step back.
 */
function uniqueTimestamp(current: State | null, now: Millis): Millis {
  const micros = Math.round(now * 1000);
  if (current === null) return micros / 1000;
  return Math.max(micros, Math.round(current.timestamp * 1000) + 1) / 1000;
}

function secondsRun(current: State | null, leftAt: Millis): number {
  return current?.type === "RUNNING" ? (leftAt - current.timestamp) / 1000 : 0;
}
