import { afterAll, beforeAll, expect, test } from "bun:test";
import byDeploymentSql from "#server/store/sql/claim-candidates-by-deployment.sql" with { type: "text" };
import candidatesSql from "#server/store/sql/claim-candidates.sql" with { type: "text" };
import nextDueSql from "#server/store/sql/claim-next-due.sql" with { type: "text" };
import heldSql from "#server/store/sql/concurrency-limit-held.sql" with { type: "text" };
import lockSql from "#server/store/sql/concurrency-limit-lock.sql" with { type: "text" };
import readSql from "#server/store/sql/concurrency-limit-read.sql" with { type: "text" };
import waitingSql from "#server/store/sql/concurrency-limit-waiting-pools.sql" with { type: "text" };
import termsSql from "#server/store/sql/deployment-slot-terms.sql" with { type: "text" };
import overdueSql from "#server/store/sql/flow-run-overdue.sql" with { type: "text" };
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

const ID = "00000000-0000-7000-8000-000000000000";
const IDS = `'{${ID}}'::uuid[]`;

/** The plan that every session has for a statement, whatever the tables hold. */
async function plan(name: string, text: string, values: string): Promise<string> {
  const client = await database.pool.connect();
  try {
    await client.query(`prepare "${name}" as ${text}`);
    const { rows } = await client.query<{ "QUERY PLAN": string }>(
      `explain execute "${name}" (${values})`,
    );
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  } finally {
    client.release(true);
  }
}

/** Tables that are read as a whole. */
function scanned(text: string): string[] {
  return [...text.matchAll(/Seq Scan on (\w+)/g)].map(([, table]) => table ?? "");
}

test("a claim reads waiting runs along their index, and its deployments by key", async () => {
  const text = await plan("candidates", candidatesSql, `${IDS}, '{1}', '{10}', 0, 100, null`);
  expect(scanned(text)).toEqual([]);
  expect(text).toMatch(/using flow_run_ready .*\n +Index Cond: .*next_start_at <=/);
  expect(text).toContain("deployment_pkey");
});

test("neither runs far in the future nor waiting ones are read where they are not asked for", async () => {
  const next = await plan("next", nextDueSql, `${IDS}, 0`);
  expect(next).toMatch(/using flow_run_ready .*\n +Index Cond: .*next_start_at >/);
  const overdue = await plan("overdue", overdueSql, "15, 100");
  expect(overdue).toMatch(/using flow_run_not_late .*\n +Index Cond: .*next_start_at </);
});

test("a claim behind full deployments goes from one deployment to the next", async () => {
  const text = await plan("by-deployment", byDeploymentSql, `${IDS}, '{1}', '{10}', 0, 100, null`);
  expect(scanned(text)).toEqual([]);
  // To the first, to each next, into each, and into those without one: never past waiting runs.
  expect(text.match(/using flow_run_ready_by_deployment/g)).toHaveLength(4);
  expect(text).not.toMatch(/using flow_run_ready /);
  expect(text).toMatch(/Index Cond: .*deployment_id = .*next_start_at <=/);
  expect(text).toMatch(/deployment_pkey .*\n +Index Cond/);
  expect(text).toContain("flow_run_in_hand");
});

test.each([
  ["held", heldSql, IDS],
  ["read", readSql, `null, null, null, null, 200, 0`],
])("what is taken of limits is counted over what is in hand: %s", async (name, sql, values) => {
  const text = await plan(name, sql, values);
  expect(text).toMatch(/using flow_run_in_hand/);
  expect(text).toContain("deployment_by_limit");
  expect(text).toContain("concurrency_lease_slot_pkey");
  // The list reads all limits there are; everything else it finds by key.
  expect(scanned(text).filter((table) => table !== "concurrency_limit")).toEqual([]);
});

test.each([
  ["lock", lockSql, `${IDS}, '{a}'`, "concurrency_limit_name_key"],
  ["waiting", waitingSql, IDS, "deployment_by_limit"],
  ["terms", termsSql, IDS, "flow_run_pkey"],
])("limits and their deployments are found by key: %s", async (name, sql, values, index) => {
  const text = await plan(name, sql, values);
  expect(scanned(text)).toEqual([]);
  expect(text).toContain(index);
});
