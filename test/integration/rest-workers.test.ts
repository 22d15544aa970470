import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { RestPool } from "#test/support/rest-pool.ts";
import { TestServer } from "#test/support/test-server.ts";
import { eventually } from "#test/support/eventually.ts";

let server: TestServer;
let rest: RestClient;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
});

afterAll(() => server[Symbol.asyncDispose]());

describe("workers", () => {
  test("a heartbeat makes a worker known and its pool READY, and a second one is the same worker", async () => {
    await rest.post("/work_pools/", { name: "beats", type: "process" });
    const path = "/work_pools/beats/workers";
    expect((await rest.get("/work_pools/beats")).body).toMatchObject({ status: "NOT_READY" });
    const beat = { name: "ProcessWorker 1", heartbeat_interval_seconds: 30 };
    for (const body of [beat, { name: beat.name }]) {
      expect(await rest.post(`${path}/heartbeat`, body)).toMatchObject({ status: 204 });
    }
    expect((await rest.post(`${path}/filter`, {})).body).toEqual([
      expect.objectContaining({
        name: "ProcessWorker 1",
        status: "ONLINE",
        heartbeat_interval_seconds: 30,
      }),
    ]);
    expect((await rest.get("/work_pools/beats")).body).toMatchObject({ status: "READY" });
    const { rows } = await server.database.pool.query(
      "select event from sluice.event where event = 'prefect.work-pool.ready'",
    );
    expect(rows).toHaveLength(1);
  });

  test("a worker is listed with the agents of its pool", async () => {
    const agents = await server.client.listAgents("beats");
    expect(agents).toEqual([
      expect.objectContaining({ name: "ProcessWorker 1", version: "Prefect", type: "process" }),
    ]);
  });

  test("a heartbeat needs a name and a pool that exists", async () => {
    expect((await rest.post("/work_pools/beats/workers/heartbeat", {})).status).toBe(422);
    const absent = await rest.post("/work_pools/absent/workers/heartbeat", { name: "w" });
    expect(absent.status).toBe(404);
  });

  test("a worker that is deleted is gone until its next heartbeat", async () => {
    await rest.post("/work_pools/", { name: "leaving", type: "process" });
    const path = "/work_pools/leaving/workers";
    await rest.post(`${path}/heartbeat`, { name: "w" });
    expect((await rest.delete(`${path}/w`)).status).toBe(204);
    expect((await rest.delete(`${path}/w`)).status).toBe(404);
    expect((await rest.post(`${path}/filter`, {})).body).toEqual([]);
  });

  test("trap 50: a worker stored as OFFLINE is listed as that, however fresh its heartbeat is", async () => {
    await rest.post("/work_pools/", { name: "stored", type: "process" });
    const path = "/work_pools/stored/workers";
    await rest.post(`${path}/heartbeat`, { name: "w" });
    await server.database.pool.query("update sluice.worker set status = 'OFFLINE'");
    const find = async (any_: string[]): Promise<unknown> =>
      (await rest.post(`${path}/filter`, { workers: { status: { any_ } } })).body;
    expect(await find(["OFFLINE"])).toHaveLength(1);
    expect(await find(["ONLINE"])).toEqual([]);
  });

  test("a worker that missed three of its heartbeats becomes OFFLINE", async () => {
    await rest.post("/work_pools/", { name: "silent", type: "process" });
    const path = "/work_pools/silent/workers";
    await rest.post(`${path}/heartbeat`, { name: "w", heartbeat_interval_seconds: 10 });
    await server.database.pool.query(
      "update sluice.liveness set grace_from = clock_timestamp() - interval '1 hour'",
    );
    const ago = (seconds: number): Promise<unknown> =>
      server.database.pool.query(
        "update sluice.worker set last_heartbeat_at = clock_timestamp() - make_interval(secs => $1) where name = 'w'",
        [seconds],
      );
    await ago(31);
    await eventually(async () => {
      const { body } = await rest.post(`${path}/filter`, {});
      return at(body, 0, "status") === "OFFLINE";
    });
  });
});

describe("polling", () => {
  test("trap 18: a queue of another pool makes the whole poll a 404, and is not made", async () => {
    await RestPool.create(server, rest, "p18");
    const poll = (work_queue_names: string[]): Promise<{ status: number }> =>
      rest.post("/work_pools/p18/get_scheduled_flow_runs", { work_queue_names });
    expect((await poll(["default", "elsewhere"])).status).toBe(404);
    expect((await poll(["default"])).status).toBe(200);
    const { rows } = await server.database.pool.query(
      "select from sluice.work_queue where name = 'elsewhere'",
    );
    expect(rows).toEqual([]);
    expect((await rest.post("/work_pools/none/get_scheduled_flow_runs", {})).status).toBe(404);
  });

  test("trap 19: a paused queue is polled too, and offers nothing", async () => {
    const pool = await RestPool.create(server, rest, "p19");
    await pool.createRun();
    const paused = (is: boolean): Promise<unknown> =>
      server.database.pool.query(
        "update sluice.work_queue q set is_paused = $1 from sluice.work_pool p where p.id = q.work_pool_id and p.name = 'p19'",
        [is],
      );
    await paused(true);
    expect(await pool.poll()).toEqual([]);
    await eventually(async () => {
      const { rows } = await server.database.pool.query(
        "select from sluice.work_queue q join sluice.work_pool p on p.id = q.work_pool_id where p.name = 'p19' and q.last_polled_at is not null",
      );
      return rows.length === 1;
    });
    await paused(false);
    expect(await pool.poll()).toHaveLength(1);
  });

  test("trap 21: priority comes before time, also for a run that is late", async () => {
    const pool = await RestPool.create(server, rest, "p21", { queues: ["second"] });
    const late = await pool.createRun("second", -100);
    const soon = await pool.createRun("", 5);
    const sooner = await pool.createRun("", 2);
    expect(await pool.poll()).toEqual([sooner, soon, late]);
    expect(await pool.poll({ limit: 2 })).toEqual([sooner, soon]);
    expect(await pool.poll({ work_queue_names: ["second"] })).toEqual([late]);
    // With ageing it has gained on them: three priorities in 100 s.
    await server.client.updateWorkPool({ name: "p21", ageingSeconds: 30 });
    expect(await pool.poll()).toEqual([late, sooner, soon]);
  });

  test("trap 22: the bounds are included, may be written with a space, and may exclude everything", async () => {
    const pool = await RestPool.create(server, rest, "p22");
    const id = await pool.createRun("", 60);
    const exactly = at((await rest.get(`/flow_runs/${id}`)).body, "next_scheduled_start_time");
    const spaced = String(exactly).replace("T", " ").replace("Z", "+00:00");
    expect(await pool.poll({ scheduled_before: spaced })).toEqual([id]);
    expect(await pool.poll({ scheduled_before: spaced, scheduled_after: spaced })).toEqual([id]);
    const earlier = new Date(Date.now() + 30_000).toISOString();
    expect(await pool.poll({ scheduled_before: earlier })).toEqual([]);
    expect(await pool.poll({ scheduled_after: spaced, scheduled_before: earlier })).toEqual([]);
    expect(
      (await rest.post("/work_pools/p22/get_scheduled_flow_runs", { limit: 201 })).status,
    ).toBe(422);
  });

  test("trap 23: a run that its engine retries is not offered; one retried by hand is", async () => {
    const pool = await RestPool.create(server, rest, "p23", { retries: 1 });
    const id = await pool.createRun();
    await pool.propose(id, "PENDING");
    await pool.propose(id, "RUNNING");
    const failed = await pool.propose(id, "FAILED");
    expect(failed).toMatchObject({ status: 201, body: { status: "REJECT" } });
    expect(at(failed.body, "state", "name")).toBe("AwaitingRetry");
    expect(await pool.poll()).toEqual([]);
    await pool.propose(id, "RUNNING");
    expect((await pool.propose(id, "FAILED")).body).toMatchObject({ status: "ACCEPT" });
    expect((await pool.propose(id, "SCHEDULED")).body).toMatchObject({ status: "ACCEPT" });
    expect(await pool.poll()).toEqual([id]);
  });

  test("trap 24: what runs in a paused queue counts against the pool's limit", async () => {
    const pool = await RestPool.create(server, rest, "p24", { limit: 1, queues: ["other"] });
    const running = await pool.createRun("other");
    await pool.propose(running, "PENDING");
    await pool.createRun();
    await server.database.pool.query(
      "update sluice.work_queue set is_paused = true where name = 'other'",
    );
    expect(await pool.poll()).toEqual([]);
    await pool.propose(running, "CRASHED");
    expect(await pool.poll()).toHaveLength(1);
  });

  test("trap 34: a run that another transition has locked holds up no poll", async () => {
    const pool = await RestPool.create(server, rest, "p34");
    const [locked, free] = [await pool.createRun(), await pool.createRun()];
    const client = await server.database.pool.connect();
    try {
      await client.query("begin");
      await client.query("select from sluice.flow_run where id = $1 for update", [locked]);
      expect(await pool.poll()).toContain(free);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});
