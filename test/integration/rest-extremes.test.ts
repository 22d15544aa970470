import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { once } from "node:events";
import { eventually } from "#test/support/eventually.ts";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
});
afterAll(() => server[Symbol.asyncDispose]());

async function newPool(name: string): Promise<void> {
  expect((await rest.post("/work_pools/", { name, type: "process" })).status).toBe(201);
}

describe("numbers and times that the database cannot hold", () => {
  test.each(["variables", "block_types", "flows", "flow_runs", "work_queues"])(
    "an offset behind everything finds nothing: %s",
    async (list) => {
      for (const offset of [2 ** 31, 2 ** 53, 2 ** 64, 1e300]) {
        const { status, body } = await rest.post(`/${list}/filter`, { offset });
        expect({ status, body }).toEqual({ status: 200, body: [] });
      }
    },
  );

  test("slots beyond all limits are refused", async () => {
    expect(
      (await rest.post("/v2/concurrency_limits/", { name: "few", limit: 1, active: true })).status,
    ).toBe(201);
    const asked = { names: ["few"], slots: 2 ** 40 };
    expect((await rest.post("/v2/concurrency_limits/decrement", asked)).status).toBe(422);
    const huge = { ...asked, slots: 1e300 };
    expect((await rest.post("/v2/concurrency_limits/decrement", huge)).status).toBe(422);
    expect((await rest.post("/v2/concurrency_limits/increment-with-lease", huge)).status).toBe(422);
    const lease = { ...asked, names: [], mode: "rate_limit" };
    const taken = await rest.post("/v2/concurrency_limits/increment-with-lease", lease);
    expect(taken.status).toBe(422);
  });

  test("a poll beyond the year 9999 is refused, and the list of queues can be read", async () => {
    await newPool("polled");
    const poll = { last_polled: "9999-12-31T23:59:59-14:00" };
    expect((await rest.patch("/work_pools/polled/queues/default", poll)).status).toBe(422);
    expect((await rest.post("/work_queues/filter", {})).status).toBe(200);
  });
});

test("an address that is none is answered", async () => {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(server.url).port) });
  socket.write("GET // HTTP/1.1\r\nHost: x\r\n\r\n");
  const [first] = await once(socket, "data");
  expect(String(first)).toStartWith("HTTP/1.1 400 ");
  socket.destroy();
});

test("a queue or pool that is deleted while runs are put into it fails none of them inside", async () => {
  const flow = String(at((await rest.post("/flows/", { name: "racing" })).body, "id"));
  const statuses = new Set<number>();
  for (let round = 0; round < 6; round += 1) {
    const pool = `racing-${round}`;
    await newPool(pool);
    await rest.post(`/work_pools/${pool}/queues`, { name: "q" });
    const run = {
      flow_id: flow,
      state: { type: "SCHEDULED" },
      work_pool_name: pool,
      work_queue_name: "q",
    };
    const clients = Array.from({ length: 10 }, async () => {
      for (let i = 0; i < 6; i += 1) statuses.add((await rest.post("/flow_runs/", run)).status);
    });
    const deletion = rest
      .post("/flow_runs/", run)
      .then(() => rest.delete(`/work_pools/${pool}/queues/q`))
      .then(() => rest.delete(`/work_pools/${pool}`));
    await Promise.all([...clients, deletion]);
  }
  expect([...statuses].filter((status) => status >= 500)).toEqual([]);
});

test("ended runs have left a pool before its deletion waits for anything", async () => {
  await newPool("history");
  const flow = String(at((await rest.post("/flows/", { name: "ended" })).body, "id"));
  const run = { flow_id: flow, state: { type: "COMPLETED" }, work_pool_name: "history" };
  const id = String(at((await rest.post("/flow_runs/", run)).body, "id"));
  const { pool } = server.database;
  const holder = await pool.connect();
  await holder.query("begin; select from sluice.work_pool where name = 'history' for key share");
  const deletion = rest.delete("/work_pools/history");
  const hasLeft = async (): Promise<boolean> => {
    const text = "select from sluice.flow_run where id = $1 and work_pool_id is null";
    return (await pool.query(text, [id])).rowCount === 1;
  };
  try {
    await eventually(hasLeft);
  } finally {
    await holder.query("rollback");
    holder.release();
  }
  expect((await deletion).status).toBe(204);
});

test("limits that are made, renamed, reset and deleted at once fail none of the calls inside", async () => {
  const statuses = new Set<number>();
  const ask = async (asked: ReturnType<RestClient["send"]>): Promise<void> => {
    statuses.add((await asked).status);
  };
  const clients = Array.from({ length: 12 }, async (_, client) => {
    for (let i = 0; i < 12; i += 1) {
      const name = `raced-${(client + i) % 3}`;
      await ask(rest.post("/concurrency_limits/", { tag: name, concurrency_limit: 1 }));
      const slots = { slot_override: [crypto.randomUUID()] };
      await ask(rest.send("POST", `/concurrency_limits/tag/${name}/reset`, JSON.stringify(slots)));
      await ask(rest.delete(`/concurrency_limits/tag/${name}`));
      await ask(rest.post("/v2/concurrency_limits/", { name, limit: 1 }));
      await ask(
        rest.patch(`/v2/concurrency_limits/${name}`, { name: `raced-${client % 3}`, limit: 2 }),
      );
      await ask(rest.delete(`/v2/concurrency_limits/${name}`));
    }
  });
  await Promise.all(clients);
  expect([...statuses].filter((status) => status >= 500)).toEqual([]);
});
