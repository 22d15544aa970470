import { afterAll, beforeAll, expect, test } from "bun:test";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

test("a fresh clone has the schema", async () => {
  const { rows } = await database.pool.query("select count(*) as n from sluice.liveness");
  expect(rows).toEqual([{ n: 1 }]);
});
