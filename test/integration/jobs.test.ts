import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { startJobs, type JobName, type JobsOptions } from "#server/store/jobs.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { AppError } from "#shared/errors.ts";
import { silentLogger, type Logger } from "#shared/logger.ts";
import { eventually } from "#test/support/eventually.ts";
import { emptyDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { RunningProgram } from "#test/support/running-program.ts";

const TEST_MS = 60_000;
const WAIT = { timeoutMs: 30_000 };

let database: TestDatabase;
let stops: (() => Promise<void>)[];
beforeEach(async () => {
  database = await emptyDatabase();
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) await stop();
  await database.drop();
});

/** Counts what is run. Fast rhythms, unless others are asked for. */
class Ledger {
  readonly runs: Record<JobName, number> = { sweep: 0, partitions: 0 };

  readonly handlers: JobsOptions["handlers"] = {
    sweep: async () => void (this.runs.sweep += 1),
    partitions: async () => void (this.runs.partitions += 1),
  };
}

async function start(
  options: Partial<JobsOptions> & Pick<JobsOptions, "handlers">,
): Promise<Awaited<ReturnType<typeof startJobs>>> {
  const jobs = await startJobs({
    url: database.url,
    logger: silentLogger,
    rhythms: { sweep: { again: 0, poll: 0.5 }, partitions: { again: 3600, poll: 0.5 } },
    ...options,
  });
  stops.push(jobs.stop);
  return jobs;
}

test(
  "sweeps follow one another; partitions are looked after at once, then not again for an hour",
  async () => {
    const ledger = new Ledger();
    await start({ handlers: ledger.handlers });
    await eventually(() => ledger.runs.sweep >= 3, WAIT);
    expect(ledger.runs.partitions).toBe(1);
  },
  TEST_MS,
);

test(
  "two replicas share one chain of sweeps",
  async () => {
    const [a, b] = [new Ledger(), new Ledger()];
    await start({ handlers: a.handlers });
    await start({ handlers: b.handlers });
    await eventually(() => a.runs.sweep + b.runs.sweep >= 6, WAIT);
    const { rows } = await database.pool.query<{ n: number }>(
      "select count(*) as n from pgboss.job where name = 'sweep' and state = 'created'",
    );
    expect(rows[0]?.n).toBeLessThanOrEqual(1);
  },
  TEST_MS,
);

test(
  "a handler that throws is logged, and the chain goes on",
  async () => {
    const logged: unknown[] = [];
    const logger: Logger = {
      ...silentLogger,
      warning: (message, fields) => void logged.push([message, fields]),
    };
    let runs = 0;
    const sweep = async (): Promise<void> => {
      runs += 1;
      throw new Error("no luck");
    };
    await start({ logger, handlers: { ...new Ledger().handlers, sweep } });
    await eventually(() => runs >= 3, WAIT);
    expect(logged).toEqual([["job sweep failed", { error: "no luck" }]]);
  },
  TEST_MS,
);

test(
  "a job exists if and only if the transaction that sent it committed",
  async () => {
    const ledger = new Ledger();
    const jobs = await start({
      handlers: ledger.handlers,
      rhythms: { sweep: { again: 3600, poll: 60 }, partitions: { again: 3600, poll: 60 } },
    });
    const waiting = async (): Promise<string[]> => {
      const { rows } = await database.pool.query<{ key: string }>(
        "select singleton_key as key from pgboss.job where singleton_key <> 'chain' order by 1",
      );
      return rows.map(({ key }) => key);
    };
    const undone = inTransaction(database.pool, async (tx) => {
      await jobs.send(tx, "sweep", {}, { singletonKey: "undone" });
      throw new Error("undo");
    });
    expect(undone).rejects.toThrow("undo");
    await undone.catch(() => {});
    await inTransaction(database.pool, async (tx) => {
      await jobs.send(tx, "sweep", {}, { startAfterSeconds: 30 });
      await jobs.send(tx, "sweep", {}, { startAfterSeconds: 30 });
      // The refused duplicate must not have broken the transaction.
      await jobs.send(tx, "sweep", {}, { startAfterSeconds: 40 });
    });
    expect(await waiting()).toEqual(["after 30", "after 40"]);
  },
  TEST_MS,
);

test(
  "a replica that is killed in the middle of a sweep does not keep the others from sweeping",
  async () => {
    const program = new RunningProgram({
      name: "replica",
      command: [
        process.execPath,
        join(import.meta.dir, "../support/jobs-program.ts"),
        database.url,
      ],
      environment: { PATH: "/usr/bin:/bin" },
      directory: "/",
    });
    stops.push(() => program.kill());
    await program.line(/^sweeping$/, 30_000);
    const ledger = new Ledger();
    await program.kill();
    const killedAt = performance.now();
    await start({ handlers: ledger.handlers });
    await eventually(() => ledger.runs.sweep >= 2, WAIT);
    expect(performance.now() - killedAt).toBeLessThan(15_000);
  },
  TEST_MS,
);

test(
  "the slow timer of a replica makes up for a chain that broke",
  async () => {
    const ledger = new Ledger();
    await start({ handlers: ledger.handlers, makeUpMs: 200 });
    await eventually(() => ledger.runs.sweep >= 1, WAIT);
    await database.pool.query("delete from pgboss.job where name = 'sweep'");
    const before = ledger.runs.sweep;
    await eventually(() => ledger.runs.sweep > before + 1, WAIT);
  },
  TEST_MS,
);

test(
  "connections that are cut are replaced, and the sweeps go on",
  async () => {
    const ledger = new Ledger();
    await start({ handlers: ledger.handlers });
    await eventually(() => ledger.runs.sweep >= 1, WAIT);
    const { rowCount } = await database.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sluice-jobs' and datname = current_database()",
    );
    expect(rowCount).toBeGreaterThan(0);
    const before = ledger.runs.sweep;
    await eventually(() => ledger.runs.sweep > before + 1, WAIT);
  },
  TEST_MS,
);

test(
  "stop waits for the sweep that runs, and none begins afterwards",
  async () => {
    let active = 0;
    let runs = 0;
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const jobs = await start({
      handlers: {
        ...new Ledger().handlers,
        sweep: async () => {
          active += 1;
          runs += 1;
          await gate;
          active -= 1;
        },
      },
    });
    await eventually(() => active === 1, WAIT);
    const stopped = jobs.stop();
    open();
    await stopped;
    expect({ active, runs }).toEqual({ active: 0, runs: 1 });
  },
  TEST_MS,
);

test(
  "a database that is not there is refused as such",
  async () => {
    const url = "postgres://nobody@127.0.0.1:1/none";
    const error: unknown = await startJobs({
      url,
      logger: silentLogger,
      handlers: new Ledger().handlers,
    }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
  },
  TEST_MS,
);
