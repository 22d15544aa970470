import { PgBoss } from "pg-boss";
import { AppError, messageOf } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";
import { patience } from "./database.ts";
import type { Tx } from "./transaction.ts";

const SCHEMA = "pgboss";
/** Each replica makes up for a lost job this often. */
const MAKE_UP_MS = 10_000;
/** The same complaint is logged once in this span. */
const REPEAT_MS = 60_000;
const STOP_MS = 10_000;
/** Key of the one job of a kind that follows itself; other sends have keys of their own. */
const CHAIN = "chain";

/** What the database makes happen by time. */
export type JobName = "sweep" | "partitions";

/** How often a job runs. In seconds. */
interface Rhythm {
  /** Wait of the next job from the start of this one. */
  readonly again: number;
  /** How often each replica looks. With `again` not a multiple, the sum is the true interval. */
  readonly poll: number;
}

// A job is due just after `again`, hence at the next poll: a sweep runs every 5 s.
const RHYTHMS: Record<JobName, Rhythm> = {
  sweep: { again: 4, poll: 2.5 },
  partitions: { again: 3600, poll: 60 },
};
const JOB_NAMES: readonly JobName[] = ["sweep", "partitions"];

/** Sends jobs that any replica may do. */
export interface Jobs {
  /**
   * Asks for a job after `startAfterSeconds` (none: at the next poll), if the transaction commits.
   * Jobs of the same name and key that wait are one job; the key's default is the delay.
   */
  send(
    tx: Tx,
    job: JobName,
    data?: object,
    options?: { readonly startAfterSeconds?: number; readonly singletonKey?: string },
  ): Promise<void>;
}

/** How to start them. */
export interface JobsOptions {
  readonly url: string;
  readonly logger: Logger;
  /** What each job does. Must be safe to run twice, also at the same time. */
  readonly handlers: Readonly<Record<JobName, () => Promise<void>>>;
  /** Other rhythms, for tests. */
  readonly rhythms?: Readonly<Partial<Record<JobName, Rhythm>>>;
  /** For tests; 10 s if not given. */
  readonly makeUpMs?: number;
}

/**
 * Runs the jobs, each in one replica at a time, for ever. A job queues its successor before it does
 * its work, so a replica that dies in the middle breaks no chain; if it dies earlier still, another
 * replica's slow timer sends the job again. What a handler throws is logged. Throws an AppError if
 * the tables of the jobs cannot be made.
 */
export async function startJobs(
  options: JobsOptions,
): Promise<Jobs & { readonly stop: () => Promise<void> }> {
  const { logger, handlers } = options;
  const rhythms = { ...RHYTHMS, ...options.rhythms };
  const boss = new PgBoss({
    // Handed on to pg, though its type does not say so.
    ...patience(),
    connectionString: options.url,
    schema: SCHEMA,
    application_name: "sluice-jobs",
    max: 3,
    connectionTimeoutMillis: 5_000,
    // Cron, dependencies between jobs and rebuilding of indexes are not used; each would poll.
    schedule: false,
    flowIntervalSeconds: 3_600,
    bamIntervalSeconds: 3_600,
    reindex: false,
  });
  const complain = repeatingSeldom(logger);
  boss.on("error", (error) => complain("the job queue has trouble", messageOf(error)));
  boss.on("warning", (warning) => complain("the job queue warns", warning.message));

  const chain = async (job: JobName, startAfter: number): Promise<void> => {
    await boss.send(job, null, { startAfter, singletonKey: CHAIN });
  };
  try {
    await boss.start();
    for (const job of JOB_NAMES) {
      await ensureQueue(boss, job);
      await chain(job, 0);
    }
  } catch (cause) {
    await boss.stop({ graceful: false }).catch(() => {});
    throw new AppError(
      "database_unavailable",
      `the job queue (schema ${SCHEMA}) could not be started: ${messageOf(cause)}`,
      { cause },
    );
  }
  for (const job of JOB_NAMES) {
    await boss.work(job, { pollingIntervalSeconds: rhythms[job].poll, batchSize: 1 }, async () => {
      try {
        await chain(job, rhythms[job].again);
        await handlers[job]();
      } catch (error) {
        complain(`job ${job} failed`, messageOf(error));
      }
    });
  }
  const makeUp = setInterval(() => {
    for (const job of JOB_NAMES) {
      chain(job, 0).catch((error: unknown) =>
        complain(`job ${job} was not sent`, messageOf(error)),
      );
    }
  }, options.makeUpMs ?? MAKE_UP_MS);

  return {
    send: async (tx, job, data, { startAfterSeconds = 0, singletonKey } = {}) => {
      await boss.send(job, data ?? null, {
        startAfter: startAfterSeconds,
        singletonKey: singletonKey ?? `after ${startAfterSeconds}`,
        db: { executeSql: (text, values) => tx.query(text, values) },
      });
    },
    stop: async () => {
      clearInterval(makeUp);
      await boss.stop({ graceful: true, timeout: STOP_MS });
    },
  };
}

/** One job of a key waits, any number runs: what a dead replica left running stops nobody. */
async function ensureQueue(boss: PgBoss, job: JobName): Promise<void> {
  const settings = {
    retryLimit: 0,
    expireInSeconds: 15,
    // A finished sweep is of no interest; at one every 5 s they would pile up.
    deleteAfterSeconds: 600,
    retentionSeconds: 86_400,
  };
  await boss.createQueue(job, { policy: "short", ...settings });
  await boss.updateQueue(job, settings);
}

function repeatingSeldom(logger: Logger): (message: string, error: string) => void {
  const loggedAt = new Map<string, number>();
  return (message, error) => {
    const now = performance.now();
    for (const [key, at] of loggedAt) if (now - at > REPEAT_MS) loggedAt.delete(key);
    const key = `${message}: ${error}`;
    if (loggedAt.has(key)) return;
    loggedAt.set(key, now);
    logger.warning(message, { error });
  };
}
