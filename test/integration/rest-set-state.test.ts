import { afterAll, beforeAll, describe, expect, test } from "bun:test";
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
  pool = await RestPool.create(server, rest, "states");
});

afterAll(() => server[Symbol.asyncDispose]());

const status = (answer: { body: unknown }): unknown => at(answer.body, "status");

async function running(): Promise<string> {
  const id = await pool.createRun();
  await pool.propose(id, "PENDING");
  await pool.propose(id, "RUNNING");
  return id;
}

describe("a proposal", () => {
  test("that is stored answers 201 with the state as it stands, its time carried over", async () => {
    const id = await pool.createRun();
    const due = at((await rest.get(`/flow_runs/${id}`)).body, "next_scheduled_start_time");
    const { status: code, body } = await pool.propose(id, "PENDING");
    expect(code).toBe(201);
    expect(body).toMatchObject({
      status: "ACCEPT",
      details: { type: "accept_details" },
      state: {
        type: "PENDING",
        name: "Pending",
        state_details: { flow_run_id: id, scheduled_time: due },
      },
    });
    expect(await pool.run(id)).toMatchObject({
      state_type: "PENDING",
      state_id: at(body, "state", "id"),
      state: at(body, "state"),
    });
  });

  test("for a run that does not exist is 404, and an unknown type 422", async () => {
    expect((await pool.propose(randomUUID(), "PENDING")).status).toBe(404);
    expect((await pool.propose(randomUUID(), "PENDING", {}, { force: true })).status).toBe(404);
    expect((await pool.propose(await pool.createRun(), "SLEEPING")).status).toBe(422);
  });

  test("is stored with all that a client put into it, and comes back as it was", async () => {
    const id = await running();
    const data = { storage_key: "/tmp/x", expiration: null, serializer: { type: "pickle" } };
    const state_details = { traceparent: "00-a-b-01", untrackable_result: true, cache_key: "k" };
    await pool.propose(id, "COMPLETED", { name: "Cached", message: "m", data, state_details });
    expect(at((await rest.get(`/flow_runs/${id}`)).body, "state")).toMatchObject({
      name: "Cached",
      message: "m",
      data,
      state_details,
    });
  });

  test("to pause may say its timeout as seconds since 1970", async () => {
    const id = await running();
    const seconds = 4_102_444_800.25;
    const details = { pause_timeout: seconds, pause_key: "k", run_input_keyset: { schema: "s" } };
    const { body } = await pool.propose(id, "PAUSED", { state_details: details });
    expect(at(body, "state", "state_details")).toMatchObject({
      pause_timeout: "2100-01-01T00:00:00.250000Z",
      pause_key: "k",
      run_input_keyset: { schema: "s" },
    });
    await pool.propose(id, "RUNNING");
    const again = await pool.propose(id, "PAUSED", { state_details: details });
    expect(status(again)).toBe("REJECT");
    expect(again.status).toBe(200);
  });
});

describe("rules", () => {
  test("trap 25: a second worker's Pending is ABORTed, Submitting accepted, a repeated transition REJECTed", async () => {
    const id = await pool.createRun();
    const state_details = { transition_id: randomUUID() };
    const first = await pool.propose(id, "PENDING", { state_details });
    expect(status(first)).toBe("ACCEPT");
    const second = await pool.propose(id, "PENDING");
    expect(second).toMatchObject({
      status: 200,
      body: { state: null, details: { type: "abort_details", reason: expect.any(String) } },
    });
    const repeated = await pool.propose(id, "PENDING", { state_details });
    expect(repeated).toMatchObject({ status: 200, body: { status: "REJECT" } });
    expect(at(repeated.body, "state", "id")).toBe(at(first.body, "state", "id"));
    expect(status(await pool.propose(id, "PENDING", { name: "Submitting" }))).toBe("ACCEPT");
    expect(await pool.run(id)).toMatchObject({ state_name: "Submitting" });
  });

  test("trap 25: of many workers that propose Pending at once one gets the run", async () => {
    const id = await pool.createRun();
    const answers = await Promise.all(Array.from({ length: 8 }, () => pool.propose(id, "PENDING")));
    expect(answers.map(status).filter((one) => one === "ACCEPT")).toHaveLength(1);
    expect(answers.map(status).filter((one) => one === "ABORT")).toHaveLength(7);
  });

  test("trap 26: a run that is being cancelled stays so when it is cancelled again", async () => {
    const id = await running();
    expect(status(await pool.propose(id, "CANCELLING"))).toBe("ACCEPT");
    const again = await pool.propose(id, "CANCELLING");
    expect(again).toMatchObject({ status: 200, body: { status: "REJECT" } });
    expect(at(again.body, "state", "type")).toBe("CANCELLING");
    expect(status(await pool.propose(id, "CANCELLED", {}, { force: true }))).toBe("ACCEPT");
  });

  test("trap 27: a waiting run without a pid is CANCELLED at once; one whose engine sleeps is asked to stop", async () => {
    const waiting = await pool.createRun();
    const direct = await pool.propose(waiting, "CANCELLING");
    expect(direct).toMatchObject({ status: 201, body: { status: "REJECT" } });
    expect(await pool.run(waiting)).toMatchObject({ state_type: "CANCELLED" });

    const retried = await RestPool.create(server, rest, "p27", { retries: 2 });
    const id = await retried.createRun();
    await retried.propose(id, "PENDING");
    await rest.patch(`/flow_runs/${id}`, { infrastructure_pid: "host:1" });
    await retried.propose(id, "RUNNING");
    await retried.propose(id, "FAILED");
    expect(await retried.run(id)).toMatchObject({ state_name: "AwaitingRetry" });
    expect(status(await retried.propose(id, "CANCELLING"))).toBe("ACCEPT");
  });

  test("trap 28: RUNNING waits for its time in whole seconds, half a second early is near enough, force does not wait", async () => {
    const soon = await pool.createRun("", 0.3);
    expect(status(await pool.propose(soon, "RUNNING"))).toBe("ACCEPT");
    const later = await pool.createRun("", 72_000);
    const wait = await pool.propose(later, "RUNNING");
    expect(wait).toMatchObject({ status: 200, body: { status: "WAIT", state: null } });
    const seconds = Number(at(wait.body, "details", "delay_seconds"));
    expect(Math.abs(seconds - 72_000)).toBeLessThanOrEqual(5);
    expect(Number.isInteger(seconds)).toBe(true);
    expect(status(await pool.propose(later, "RUNNING", {}, { force: true }))).toBe("ACCEPT");
  });

  test("trap 31: a crash that is told of a run which has failed is ABORTed", async () => {
    const id = await running();
    await pool.propose(id, "FAILED");
    expect(status(await pool.propose(id, "CRASHED"))).toBe("ABORT");
    expect(await pool.run(id)).toMatchObject({ state_type: "FAILED" });
  });

  test("trap 32: a persisted result is not given up, not even by force", async () => {
    const id = await running();
    await pool.propose(id, "COMPLETED", { data: { storage_key: "k" } });
    for (const force of [false, true]) {
      expect(status(await pool.propose(id, "COMPLETED", {}, { force }))).toBe("REJECT");
    }
    expect(status(await pool.propose(id, "SCHEDULED"))).toBe("REJECT");
    expect(at((await pool.run(id)) as unknown, "state", "data")).toEqual({ storage_key: "k" });
  });

  test("trap 33: a run is retried by hand beyond its retries, as long as it has a deployment", async () => {
    const id = await running();
    await pool.propose(id, "FAILED");
    expect(status(await pool.propose(id, "SCHEDULED", { name: "AwaitingRetry" }))).toBe("ACCEPT");
    const { body } = await rest.get(`/flow_runs/${id}`);
    expect(at(body, "empirical_policy", "retry_type")).toBe("reschedule");
    expect(at(body, "run_count")).toBe(1);
  });

  test("a pause that is over is FAILED when it is resumed, and a run never paused twice at one place", async () => {
    const id = await running();
    const state_details = { pause_timeout: 1 };
    await pool.propose(id, "PAUSED", { state_details });
    const resumed = await pool.propose(id, "RUNNING");
    expect(resumed).toMatchObject({ status: 201, body: { status: "REJECT" } });
    expect(at(resumed.body, "state", "type")).toBe("FAILED");
  });
});

describe("limits", () => {
  test("a full pool REJECTs Pending with the run's own SCHEDULED state, and lets a sleeping engine WAIT", async () => {
    const small = await RestPool.create(server, rest, "small", { limit: 1, retries: 1 });
    const [first, second] = [await small.createRun(), await small.createRun()];
    await small.propose(first, "PENDING");
    const before = await small.run(second);
    const refused = await small.propose(second, "PENDING");
    expect(refused).toMatchObject({ status: 200, body: { status: "REJECT" } });
    expect(at(refused.body, "state", "id")).toBe(at(before as unknown, "state_id"));
    expect(at(refused.body, "details", "reason")).toContain("no free slot");

    await small.propose(first, "RUNNING");
    await small.propose(first, "FAILED");
    expect(status(await small.propose(second, "PENDING"))).toBe("ACCEPT");
    const waits = await small.propose(first, "RUNNING");
    expect(waits).toMatchObject({ status: 200, body: { status: "WAIT" } });
    await small.propose(second, "CANCELLED", {}, { force: true });
    expect(status(await small.propose(first, "RUNNING"))).toBe("ACCEPT");
  });

  test("a paused pool or queue gives nothing out, and does not stop what was", async () => {
    const paused = await RestPool.create(server, rest, "paused", { retries: 1 });
    const [out, waiting] = [await paused.createRun(), await paused.createRun()];
    await paused.propose(out, "PENDING");
    await rest.patch("/work_pools/paused", { is_paused: true });
    expect(status(await paused.propose(waiting, "PENDING"))).toBe("REJECT");
    expect(status(await paused.propose(out, "RUNNING"))).toBe("ACCEPT");
    await paused.propose(out, "FAILED");
    expect(status(await paused.propose(out, "RUNNING"))).toBe("ACCEPT");
  });
});

describe("a run in an agent's hands", () => {
  async function leased(): Promise<{ id: string; epoch: number }> {
    const id = await pool.createRun();
    const queue = at((await rest.get(`/flow_runs/${id}`)).body, "work_queue_id");
    const workPool = at((await rest.get("/work_pools/states")).body, "id");
    const agent = randomUUID();
    await server.database.pool.query(
      `insert into sluice.agent (id, work_pool_id, name, type, session, heartbeat_seconds, version, hostname)
       values ($1, $2, 'a', 'process', 1, 10, '0', 'h')`,
      [agent, workPool],
    );
    await server.database.pool.query(
      "update sluice.flow_run set epoch = 1, leased = true, state_type = 'RUNNING', state_name = 'Running', run_count = 1 where id = $1",
      [id],
    );
    await server.database.pool.query(
      `insert into sluice.lease (flow_run_id, epoch, attempt, work_pool_id, work_queue_id, agent_id, agent_name,
                                 submitted_at, eligible_at, granted_at, accepted_at, start_granted_at)
       values ($1, 1, 1, $2, $3, $4, 'a', now(), now(), now(), now(), now())`,
      [id, workPool, queue, agent],
    );
    return { id, epoch: 1 };
  }
  const claim = (id: string, epoch: number): { headers: Record<string, string> } => ({
    headers: { "x-sluice-lease": `${id}:${epoch}` },
  });
  const lease = async (id: string): Promise<unknown> =>
    (
      await server.database.pool.query(
        "select revoking, ended_at from sluice.lease where flow_run_id = $1",
        [id],
      )
    ).rows[0];

  test("is no worker's to start", async () => {
    const { id } = await leased();
    await server.database.pool.query(
      "update sluice.flow_run set state_type = 'SCHEDULED', state_name = 'AwaitingRetry' where id = $1",
      [id],
    );
    expect(status(await pool.propose(id, "PENDING"))).toBe("ABORT");
    expect(status(await pool.propose(id, "PENDING", { name: "Submitting" }))).toBe("ABORT");
    expect(status(await pool.propose(id, "RUNNING"))).toBe("ABORT");
    expect(await pool.poll()).not.toContain(id);
  });

  test("takes the states of its own engine, and the lease goes on until the agent ends it", async () => {
    const { id } = await leased();
    expect(status(await pool.propose(id, "COMPLETED", {}, claim(id, 1)))).toBe("ACCEPT");
    expect(await lease(id)).toEqual({ revoking: null, ended_at: null });
  });

  test("takes nothing of an engine whose lease is over", async () => {
    const { id } = await leased();
    expect(status(await pool.propose(id, "COMPLETED", {}, claim(id, 0)))).toBe("ABORT");
    expect(await pool.run(id)).toMatchObject({ state_type: "RUNNING" });
    await server.database.pool.query("update sluice.flow_run set leased = false where id = $1", [
      id,
    ]);
    const late = await pool.propose(id, "COMPLETED", {}, { ...claim(id, 1), force: true });
    expect(status(late)).toBe("ABORT");
  });

  test("is stopped by its agent when anybody else ends or cancels it, and its slot stays held", async () => {
    for (const [type, revoking] of [
      ["CANCELLING", "cancelled"],
      ["FAILED", "revoked"],
    ] as const) {
      const { id } = await leased();
      expect(status(await pool.propose(id, type))).toBe("ACCEPT");
      expect(await lease(id)).toEqual({ revoking, ended_at: null });
    }
  });

  test("is what a claim on another run says nothing about", async () => {
    const { id } = await leased();
    const other = await pool.createRun();
    const accepted = await pool.propose(other, "PENDING", {}, claim(id, 0));
    expect(status(accepted)).toBe("ACCEPT");
    const bad = await pool.propose(id, "COMPLETED", {}, { headers: { "x-sluice-lease": "1" } });
    expect(bad.status).toBe(422);
  });
});
