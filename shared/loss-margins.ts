/**
 * Milliseconds before the end of the grace by which a tree under the policy `reschedule` has been
 * sent KILL: for the timer that is late, for processes to go, and for clocks that differ a little.
 */
export const KILL_MARGIN_MS = 5_000;

/** Beats an agent must be able to miss without its runs being stopped, beside the one under way. */
const PATIENT_BEATS = 3;

/** What the silence of the control plane is measured by. Milliseconds. */
export interface SilenceTerms {
  /** Silence after which the control plane gives the run to another agent. */
  readonly lostAfterMs: number;
  readonly heartbeatMs: number;
  /** What the tree is given between TERM and KILL when there is no hurry. */
  readonly stopGraceMs: number;
}

/** Milliseconds of silence after which a tree is asked to stop, and is killed. */
export interface SilencePlan {
  readonly stopAfterMs: number;
  readonly killAfterMs: number;
}

/**
 * When an agent stops a run that it may not keep beyond `lostAfterMs`. KILL comes a margin earlier,
 * whatever that costs; TERM before it by the grace, as far as a few missed beats leave room for it.
 */
export function planForSilence(terms: SilenceTerms): SilencePlan {
  const killAfterMs = Math.max(0, terms.lostAfterMs - KILL_MARGIN_MS);
  const patienceMs = (PATIENT_BEATS + 1) * terms.heartbeatMs;
  const graceMs = Math.min(terms.stopGraceMs, Math.max(0, killAfterMs - patienceMs));
  return { stopAfterMs: killAfterMs - graceMs, killAfterMs };
}

/** The least `lostAfterMs` with which a few missed beats stop nothing. */
export function leastRescheduleAfterMs(heartbeatMs: number): number {
  return (PATIENT_BEATS + 1) * heartbeatMs + KILL_MARGIN_MS;
}
