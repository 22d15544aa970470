import { afterAll, beforeAll, expect, test } from "bun:test";
import { inTransaction } from "#server/store/transaction.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

test("a connection that breaks between two statements fails the transaction, not the program", async () => {
  const { pool } = database;
  const attempt = inTransaction(pool, async (tx) => {
    const ended = new Promise((resolve) => tx.once("end", resolve));
    const { rows } = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
    await pool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await ended;
    await tx.query("select 1");
  });
  expect(attempt).rejects.toThrow();
  await attempt.catch(() => {});
  expect((await pool.query<{ one: number }>("select 1 as one")).rows).toEqual([{ one: 1 }]);
});

test("what throws leaves nothing behind, and the connection serves on", async () => {
  const { pool } = database;
  await pool.query("create table public.kept (value integer)");
  const attempt = inTransaction(pool, async (tx) => {
    await tx.query("insert into public.kept values (1)");
    throw new Error("undo");
  });
  expect(attempt).rejects.toThrow("undo");
  await attempt.catch(() => {});
  await inTransaction(pool, (tx) => tx.query("insert into public.kept values (2)"));
  expect((await pool.query("select value from public.kept")).rows).toEqual([{ value: 2 }]);
});

test("a failed statement that was passed over is not mistaken for a commit", async () => {
  const attempt = inTransaction(database.pool, async (tx) => {
    await tx.query("select 1/0").catch(() => {});
  });
  expect(attempt).rejects.toThrow("not committed");
  await attempt.catch(() => {});
});
