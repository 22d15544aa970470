import type { Pool } from "pg";
import type { OrchestrationSettings } from "#server/domain/orchestrate.ts";
import type { Jobs } from "#server/store/jobs.ts";
import type { SecretBox } from "#server/store/secret-box.ts";
import type { WakeUps } from "#server/store/wake-ups.ts";
import type { Logger } from "#shared/logger.ts";

/** What every transition is given by server/compose.ts. */
export interface TransitionContext {
  readonly pool: Pool;
  readonly jobs: Jobs;
  readonly wakeUps: WakeUps;
  /** Encrypts and reads the secrets of blocks. */
  readonly secretBox: SecretBox;
  readonly logger: Logger;
  readonly numbers: Numbers;
}

/** The spans on which leases and agents are judged. One place; see server/config.ts. */
export interface Numbers extends OrchestrationSettings {
  /** Seconds a granted lease may stay unaccepted. */
  readonly acceptTimeoutSeconds: number;
  /** Seconds between an agent's heartbeats. */
  readonly heartbeatSeconds: number;
  /** Heartbeats an agent may miss before it is OFFLINE. */
  readonly missedHeartbeats: number;
  /** Seconds between TERM and KILL when an attempt is stopped. */
  readonly stopGraceSeconds: number;
  /** Seconds a run that nobody started may be overdue before it is Late. */
  readonly lateAfterSeconds: number;
  /** Seconds a CANCELLING run whose agent is lost waits before it is CANCELLED. */
  readonly cancelDeadlineSeconds: number;
  /** Seconds without a commit of any replica after which all silence is forgiven. */
  readonly outageSeconds: number;
}
