import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";

const DIRECTORY = join(import.meta.dir, "../../server/store/sql");
const FILES = [...new Bun.Glob("*.sql").scanSync(DIRECTORY)].sort();

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

test("there are statements", () => {
  expect(FILES.length).toBeGreaterThan(0);
});

for (const file of FILES) {
  test(`PostgreSQL understands ${file} on the present schema`, async () => {
    const text = readFileSync(join(DIRECTORY, file), "utf8");
    const name = basename(file, ".sql");
    expect(name).toMatch(/^[a-z]+(-[a-z0-9]+)+$/);
    await database.pool.query(`prepare "${name}" as ${text}`);
  });
}
