import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { RestPool } from "#test/support/rest-pool.ts";
import { SocketClient } from "#test/support/socket-client.ts";
import { TestServer } from "#test/support/test-server.ts";

const IN = "/api/events/in";
const OUT = "/api/events/out";

let server: TestServer;
let rest: RestClient;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
});

afterAll(() => server[Symbol.asyncDispose]());

const event = (fields: object = {}): object => ({
  id: Bun.randomUUIDv7(),
  occurred: new Date().toISOString(),
  event: "prefect.worker.started",
  resource: { "prefect.resource.id": "prefect.worker.process.one", "prefect.version": "3" },
  related: [{ "prefect.resource.id": "prefect.work-pool.x", "prefect.resource.role": "work-pool" }],
  payload: { a: [1] },
  follows: null,
  ...fields,
});

async function stored(id: unknown): Promise<unknown[]> {
  const text = "select event, resource, related, payload from sluice.event where id = $1";
  return (await server.database.pool.query(text, [id])).rows;
}

describe("a socket", () => {
  test("is refused where there is none, and without the protocol", async () => {
    const refused = (path: string, protocol?: string): Promise<unknown> =>
      SocketClient.connect(server.url, path, protocol).catch((error: Error) => error.message);
    expect(await refused("/api/elsewhere")).toBe("refused with 404");
    expect(await refused(IN, "other")).toBe("refused with 403");
  });

  test("wants to be told first who is there", async () => {
    using socket = await SocketClient.connect(server.url, OUT);
    socket.send({ type: "filter", filter: {} });
    expect(await socket.next()).toEqual({
      kind: "close",
      code: 1008,
      reason: "authentication_failed",
    });
  });

  test("lets in who knows the key or the password, where one is asked for", async () => {
    await using guarded = await TestServer.start({
      SLUICE_SERVER_API_KEY: "key",
      SLUICE_SERVER_AUTH_STRING: "user:password",
    });
    for (const token of ["key", "user:password"]) {
      using socket = await SocketClient.open(guarded.url, IN, token);
      socket.ping("in");
      expect(await socket.next()).toEqual({ kind: "pong", text: "in" });
    }
    for (const token of ["wrong", null]) {
      expect(SocketClient.open(guarded.url, IN, token)).rejects.toThrow("authentication_failed");
    }
  });
});

describe("events that clients tell", () => {
  test("are stored before the ping behind them is answered, however often they are sent", async () => {
    using socket = await SocketClient.open(server.url, IN);
    const told = event();
    for (const one of [told, told, event({ occurred: "no time" }), told]) socket.send(one);
    socket.ping("safe");
    expect(await socket.next()).toEqual({ kind: "pong", text: "safe" });
    expect(await stored(at(told, "id"))).toEqual([
      {
        event: "prefect.worker.started",
        resource: at(told, "resource"),
        related: at(told, "related"),
        payload: { a: [1] },
      },
    ]);
  });

  test("that cannot be stored yet keep the pong back", async () => {
    using socket = await SocketClient.open(server.url, IN);
    const blocker = await server.database.pool.connect();
    try {
      await blocker.query("begin");
      await blocker.query("lock table sluice.event in access exclusive mode");
      const told = event();
      socket.send(told);
      socket.ping("later");
      await blocker.query("select pg_sleep(0.2)");
      expect(socket.waiting).toEqual([]);
      await blocker.query("rollback");
      expect(await socket.next()).toEqual({ kind: "pong", text: "later" });
      expect(await stored(at(told, "id"))).toHaveLength(1);
    } finally {
      blocker.release();
    }
  });
});

describe("events that clients listen to", () => {
  const filter = (fields: object = {}): object => ({
    type: "filter",
    filter: {
      occurred: {
        since: new Date(Date.now() - 60_000).toISOString(),
        until: "2100-01-01 00:00:00+00:00",
      },
      event: null,
      id: { id: [] },
      order: "ASC",
      ...fields,
    },
  });

  test("come from before and from then on, each once, those of states with the run's id", async () => {
    const pool = await RestPool.create(server, rest, "listened");
    const id = await pool.createRun();
    await pool.propose(id, "PENDING");
    using socket = await SocketClient.open(server.url, OUT);
    socket.send(filter({ resource: { id: [`prefect.flow-run.${id}`] } }));
    const names: unknown[] = [];
    const next = async (): Promise<unknown> => {
      const message = await socket.nextMessage();
      names.push(at(message, "event", "event"));
      return message;
    };
    await next();
    await next();
    await pool.propose(id, "RUNNING");
    await pool.propose(id, "CANCELLING");
    await next();
    const cancelling = await next();
    expect(names).toEqual([
      "prefect.flow-run.Scheduled",
      "prefect.flow-run.Pending",
      "prefect.flow-run.Running",
      "prefect.flow-run.Cancelling",
    ]);
    expect(at(cancelling, "event", "resource")).toMatchObject({
      "prefect.resource.id": `prefect.flow-run.${id}`,
      "prefect.state-type": "CANCELLING",
    });
    expect(at(cancelling, "event", "id")).toBe(at(await pool.run(id), "state_id"));
    expect(socket.waiting).toEqual([]);
  });

  test("are those of the names that are asked for, told by other clients as well", async () => {
    using listener = await SocketClient.open(server.url, OUT);
    listener.send(filter({ event: { name: ["prefect.worker.stopped"] } }));
    using teller = await SocketClient.open(server.url, IN);
    const told = event({ event: "prefect.worker.stopped" });
    for (const one of [event(), told]) teller.send(one);
    const message = await listener.nextMessage();
    expect(at(message, "event", "id")).toBe(at(told, "id"));
    expect(at(message, "event", "resource")).toEqual(at(told, "resource"));
  });

  test("want a filter first", async () => {
    using socket = await SocketClient.open(server.url, OUT);
    socket.send({ type: "events" });
    expect(await socket.next()).toMatchObject({ kind: "close", code: 1002 });
  });
});

describe("a worker's channel", () => {
  const path = (pool: string): string =>
    `/api/work_pools/${encodeURIComponent(pool)}/workers/connect`;
  const frame = (type: string, payload: object): object => ({
    type,
    id: randomUUID(),
    sent_at: new Date().toISOString(),
    payload,
  });
  const hello = (fields: object = {}): object =>
    frame("worker.hello.v1", {
      consumer_id: "11111111-1111-4111-8111-111111111111",
      worker_name: "w",
      worker_type: "process",
      heartbeat_interval_seconds: 30,
      supported_channel_versions: ["work_pool_worker_channel.v1"],
      requested_capabilities: [
        "worker_heartbeat.v1",
        "work_pool_snapshot.v1",
        "cleanup_delivery.v1",
      ],
      work_queue_names: [],
      handled_cleanup_kinds: [],
      max_cleanup_concurrency: 1,
      create_pool_if_not_found: true,
      default_base_job_template: {},
      worker_metadata: null,
      ...fields,
    });

  test("begins with hello and ready, makes the pool, and tells of its changes", async () => {
    using socket = await SocketClient.open(server.url, path("by hello"));
    socket.send(hello());
    const ready = await socket.nextMessage();
    expect(Object.keys(Object(ready)).toSorted()).toEqual(["id", "payload", "sent_at", "type"]);
    expect(ready).toMatchObject({
      type: "worker.ready.v1",
      payload: {
        consumer_id: "11111111-1111-4111-8111-111111111111",
        worker_id: null,
        selected_channel_version: "work_pool_worker_channel.v1",
        effective_heartbeat_interval_seconds: 30,
        accepted_capabilities: ["worker_heartbeat.v1", "work_pool_snapshot.v1"],
        rejected_capabilities: ["cleanup_delivery.v1"],
        effective_max_cleanup_concurrency: 0,
        resolved_work_queues: [{ id: expect.any(String), name: "default" }],
        initial_snapshot: {
          snapshot_sequence: 1,
          reason: "initial",
          work_pool: { name: "by hello", is_paused: false, default_queue_id: expect.any(String) },
        },
      },
    });
    const { body } = await rest.get("/work_pools/by%20hello");
    expect(body).toMatchObject({ type: "process", status: "READY" });
    await rest.patch("/work_pools/by%20hello", { is_paused: true });
    expect(await socket.nextMessage()).toMatchObject({
      type: "work_pool.snapshot.v1",
      payload: { snapshot_sequence: 2, work_pool: { is_paused: true } },
    });
  });

  test("keeps its worker ONLINE by heartbeats", async () => {
    using socket = await SocketClient.open(server.url, path("beating"));
    socket.send(hello());
    await socket.nextMessage();
    await server.database.pool.query("update sluice.worker set status = 'OFFLINE'");
    socket.send(
      frame("worker.heartbeat.v1", {
        consumer_id: "11111111-1111-4111-8111-111111111111",
        worker_name: "w",
        heartbeat_interval_seconds: 30,
      }),
    );
    // What a pool's workers are told follows a heartbeat, so this is told after it.
    await rest.patch("/work_pools/beating", { concurrency_limit: 7 });
    await socket.nextMessage();
    const { body } = await rest.post("/work_pools/beating/workers/filter", {});
    expect(at(body, 0)).toMatchObject({ name: "w", status: "ONLINE" });
  });

  test("trap 66: is refused with an unknown queue, and makes no pool for it", async () => {
    using socket = await SocketClient.open(server.url, path("never made"));
    socket.send(hello({ work_queue_names: ["default", "missing"] }));
    expect(await socket.next()).toEqual({
      kind: "close",
      code: 1008,
      reason: "authorization_failed",
    });
    expect((await rest.get("/work_pools/never%20made")).status).toBe(404);
  });

  test("ends where it is not spoken as it should be", async () => {
    const ended = async (first: object): Promise<unknown> => {
      using socket = await SocketClient.open(server.url, path("strict"));
      socket.send(first);
      return await socket.next();
    };
    const protocol = { kind: "close", code: 1002, reason: "protocol_error" };
    expect(await ended(hello({ colour: "red" }))).toEqual(protocol);
    expect(await ended({ ...hello(), colour: "red" })).toEqual(protocol);
    expect(await ended(hello({ requested_capabilities: ["worker_heartbeat.v1"] }))).toEqual(
      protocol,
    );
    const version = await ended(hello({ supported_channel_versions: ["v2"] }));
    expect(version).toEqual({ kind: "close", code: 1008, reason: "unsupported_version" });
    const missing = await ended(hello({ create_pool_if_not_found: false }));
    expect(missing).toEqual({ kind: "close", code: 1008, reason: "authorization_failed" });
  });

  test("fills an empty template, and leaves another as it is", async () => {
    const given = {
      job_configuration: { command: "{{ command }}" },
      variables: { type: "object", properties: { command: { type: "string" } } },
    };
    await rest.post("/work_pools/", { name: "empty", type: "process" });
    await rest.post("/work_pools/", { name: "full", type: "process", base_job_template: given });
    for (const name of ["empty", "full"]) {
      using socket = await SocketClient.open(server.url, path(name));
      const other = { ...given, job_configuration: { command: "{{ command }} -v" } };
      socket.send(hello({ default_base_job_template: name === "empty" ? given : other }));
      await socket.nextMessage();
      const { body } = await rest.get(`/work_pools/${name}`);
      expect(at(body, "base_job_template")).toEqual(given);
    }
  });
});
