import type { Millis } from "./state.ts";

/**
 * What happens to the runs of a lost agent. `crash`: CRASHED. `keep`: nothing, until it returns.
 * `reschedule`: the agent has killed them by its own clock, so another one may try again.
 */
export type LostPolicy = "crash" | "keep" | "reschedule";

/** What a silence is judged by. */
export interface Silence {
  readonly now: Millis;
  readonly lastSeenAt: Millis;
  /** Silence before this moment is forgiven: the server itself was away. */
  readonly graceFrom: Millis;
  readonly heartbeatSeconds: number;
  readonly missedHeartbeats: number;
  readonly lostAfterSeconds: number;
  readonly policy: LostPolicy;
}

/** How an agent is seen: heard of, silent, or given up. */
export type AgentLiveness = "online" | "unreachable" | "lost";

/**
 * How an agent is seen. Lost is only who was unreachable before, so a `lostAfterSeconds` below the
 * rhythm of heartbeats harms nobody; under `keep` nobody is ever lost.
 */
export function agentLiveness(agent: Silence & { readonly isConnected: boolean }): AgentLiveness {
  const missed = silentFor(agent) >= offlineAfterMs(agent);
  if (agent.isConnected && !missed) return "online";
  return agent.policy !== "keep" && isBeyondHope(agent) ? "lost" : "unreachable";
}

/** What is known of the lease that a silent agent holds. */
export interface HeldLease extends Silence {
  /** When its attempt was ordered to stop; null: it was not. */
  readonly revokedAt: Millis | null;
  readonly cancelDeadlineSeconds: number;
  /** Whether user code was permitted to start. */
  readonly startGranted: boolean;
}

/** What becomes of the lease of a silent agent. */
export type HolderJudgement =
  /** Its agent may still come back. */
  | "wait"
  /** User code was not permitted to start and never will be under this lease. */
  | "take-back"
  /** The attempt is given up. */
  | "crash"
  /** The attempt is over on its agent's side too: the run may start again elsewhere. */
  | "reschedule"
  /** The attempt was to stop, and nobody will confirm that it has. */
  | "cancel";

/**
 * Judges the lease of a silent agent. Until the agent is beyond hope nothing happens. Then an
 * attempt that was not permitted to start is taken back whatever the policy, as there is nothing to
 * keep. One that was ordered to stop ends when the cancel deadline has passed too, so that no run is
 * CANCELLING for ever; or at once under `reschedule`, where its agent has killed it. Any other ends
 * by the policy.
 */
export function judgeHolder(lease: HeldLease): HolderJudgement {
  if (!isBeyondHope(lease)) return "wait";
  if (!lease.startGranted) return "take-back";
  if (lease.policy === "reschedule") return "reschedule";
  if (lease.revokedAt !== null) {
    const waited = lease.now - Math.max(lease.revokedAt, lease.graceFrom);
    return waited >= lease.cancelDeadlineSeconds * 1000 ? "cancel" : "wait";
  }
  return lease.policy === "crash" ? "crash" : "wait";
}

function silentFor({ now, lastSeenAt, graceFrom }: Silence): number {
  return now - Math.max(lastSeenAt, graceFrom);
}

function offlineAfterMs({ heartbeatSeconds, missedHeartbeats }: Silence): number {
  return heartbeatSeconds * missedHeartbeats * 1000;
}

function isBeyondHope(agent: Silence): boolean {
  return silentFor(agent) >= Math.max(agent.lostAfterSeconds * 1000, offlineAfterMs(agent));
}
