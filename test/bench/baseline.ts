import pg from "pg";
import { PgBoss } from "pg-boss";

const BATCH = 100;

/**
 * Jobs per second of raw pg-boss: insert, fetch and complete in batches of 100, one after the
 * other.
 */
export async function pgBossRate(url: string, jobs = 5_000): Promise<number> {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
  await boss.start();
  try {
    await boss.createQueue("bench");
    const before = performance.now();
    for (let done = 0; done < jobs; done += BATCH) {
      await boss.insert(
        "bench",
        Array.from({ length: BATCH }, (_, index) => ({ data: { number: done + index } })),
      );
    }
    for (let done = 0; done < jobs;) {
      const fetched = await boss.fetch("bench", { batchSize: BATCH });
      await boss.complete(
        "bench",
        fetched.map((job) => job.id),
      );
      done += fetched.length;
    }
    return (jobs * 1000) / (performance.now() - before);
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** Durable commits per second of one connection that inserts one row each. */
export async function commitRate(url: string, commits = 3_000): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("create table bench_commit (number integer)");
    const before = performance.now();
    for (let number = 0; number < commits; number += 1) {
      await client.query({
        name: "bench-commit",
        text: "insert into bench_commit values ($1)",
        values: [number],
      });
    }
    return (commits * 1000) / (performance.now() - before);
  } finally {
    await client.query("drop table if exists bench_commit");
    await client.end();
  }
}
