import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { RestPool } from "#test/support/rest-pool.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
let pool: RestPool;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
  pool = await RestPool.create(server, rest, "logs");
});

afterAll(() => server[Symbol.asyncDispose]());

const line = (flow_run_id: string | null, second: number, rest: object = {}): object => ({
  name: "prefect.flow_runs",
  level: 20,
  message: `line ${second}`,
  timestamp: new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString(),
  flow_run_id,
  ...rest,
});

async function messages(id: string, logs: object = {}, page: object = {}): Promise<unknown[]> {
  const { body } = await rest.post("/logs/filter", {
    logs: { flow_run_id: { any_: [id] }, ...logs },
    ...page,
  });
  if (!Array.isArray(body)) throw new Error(JSON.stringify(body));
  return body.map((entry) => at(entry, "message"));
}

test("lines are answered 201 null, and read by their times however they came", async () => {
  const id = await pool.createRun();
  const stored = await rest.post("/logs/", [line(id, 3), line(id, 1)]);
  expect(stored).toMatchObject({ status: 201, body: null });
  await rest.post("/logs/", [line(id, 2)]);
  expect(await messages(id)).toEqual(["line 1", "line 2", "line 3"]);
  expect(await messages(id, {}, { sort: "TIMESTAMP_DESC" })).toEqual([
    "line 3",
    "line 2",
    "line 1",
  ]);
  expect(await messages(id, {}, { limit: 1, offset: 1 })).toEqual(["line 2"]);
  const { body } = await rest.post("/logs/filter", { logs: { flow_run_id: { any_: [id] } } });
  expect(at(body, 0)).toMatchObject({
    name: "prefect.flow_runs",
    level: 20,
    timestamp: "2030-01-01T00:00:01.000000Z",
    flow_run_id: id,
    task_run_id: null,
  });
});

test("trap 67: NUL is taken out of a line, and more than 200 lines at once are refused", async () => {
  const id = await pool.createRun();
  await rest.post("/logs/", [line(id, 1, { message: "a\0b", name: "n\0" })]);
  expect(await messages(id)).toEqual(["ab"]);
  expect((await rest.post("/logs/filter", { limit: 201 })).status).toBe(422);
});

test("lines of no run, or of one that does not exist, are taken and not kept", async () => {
  const id = await pool.createRun();
  const { status } = await rest.post("/logs/", [line(null, 1), line(randomUUID(), 1), line(id, 1)]);
  expect(status).toBe(201);
  expect(await messages(id)).toEqual(["line 1"]);
});

test("are filtered by level, time, task and text", async () => {
  const id = await pool.createRun();
  const task_run_id = randomUUID();
  await rest.post("/logs/", [
    line(id, 1, { level: 10 }),
    line(id, 2, { level: 40, message: "It went 100% WRONG" }),
    line(id, 3, { task_run_id }),
  ]);
  expect(await messages(id, { level: { ge_: 30 } })).toEqual(["It went 100% WRONG"]);
  expect(await messages(id, { level: { le_: 10 } })).toEqual(["line 1"]);
  expect(await messages(id, { timestamp: { after_: "2030-01-01 00:00:03" } })).toEqual(["line 3"]);
  expect(await messages(id, { timestamp: { before_: "2030-01-01 00:00:01" } })).toEqual(["line 1"]);
  expect(await messages(id, { task_run_id: { any_: [task_run_id] } })).toEqual(["line 3"]);
  expect(await messages(id, { task_run_id: { is_null_: true } })).toHaveLength(2);
  expect(await messages(id, { text: { query: "0% wrong" } })).toEqual(["It went 100% WRONG"]);
  expect(await messages(id, { text: { query: "0_ wrong" } })).toEqual([]);
});

test("what is asked of no run, or by `or_`, is refused with what to name instead", async () => {
  expect((await rest.post("/logs/filter", {})).status).toBe(422);
  const either = { logs: { operator: "or_", flow_run_id: { any_: [randomUUID()] } } };
  expect((await rest.post("/logs/filter", either)).status).toBe(422);
});

test("two clients that send lines of one run at once lose none", async () => {
  const id = await pool.createRun();
  await Promise.all(
    Array.from({ length: 10 }, (_, batch) =>
      rest.post(
        "/logs/",
        Array.from({ length: 10 }, (_, index) => line(id, batch * 10 + index)),
      ),
    ),
  );
  expect(await messages(id)).toHaveLength(100);
});
