import type { Clock } from "#shared/clock.ts";
import type { Logger } from "#shared/logger.ts";
import type { Driver } from "./infrastructure/driver.ts";
import type { JobSurroundings } from "./job.ts";
import type { Journal } from "./journal.ts";
import type { LogShipper } from "./log-shipper/shipper.ts";
import type { Reports } from "./reports.ts";
import type { Outbox } from "./session/outbox.ts";
import type { SilenceWatch } from "./silence-watch.ts";

/** What every attempt of an agent is given. */
export interface AttemptSurroundings {
  readonly journal: Journal;
  readonly reports: Reports;
  readonly outbox: Outbox;
  readonly shipper: LogShipper;
  readonly driver: Driver;
  readonly silence: SilenceWatch;
  readonly job: JobSurroundings;
  readonly runsDirectory: string;
  readonly bootId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told when the attempt moved on: it may hold a slot or be held no more. */
  readonly onChange: () => void;
  /** Told that the journal took no new lease. */
  readonly onJournalFailure: (error: unknown) => void;
}
