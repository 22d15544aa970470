import { describe, expect, test } from "bun:test";
import { status } from "@grpc/grpc-js";
import { createLogger } from "#shared/logger.ts";
import { AgentHarness } from "#test/support/agent-harness.ts";
import { eventually } from "#test/support/eventually.ts";
import { commandLease } from "#test/support/fake-control-plane.ts";
import { FaultyLink } from "#test/support/faulty-link.ts";

describe("the hello", () => {
  test("says who the agent is, and each one has a greater session", async () => {
    await using harness = await AgentHarness.open();
    const { controlPlane } = harness;
    const agent = await harness.start({ workQueueNames: ["fast"], limit: 3, prefetchSeconds: 7 });
    await agent.close();
    await harness.start();
    const [first, second] = controlPlane.hellos;
    expect(first).toMatchObject({
      name: "a1",
      workPoolName: "etl",
      workQueueNames: ["fast"],
      limit: 3,
      prefetchSeconds: 7,
      protocolVersion: 1,
      hostname: "host",
      held: [],
    });
    expect(second?.agentId).toBe(first?.agentId ?? "");
    expect(second?.session).toBe((first?.session ?? 0) + 1);
  });

  test("and the stream of the output carry the token", async () => {
    await using harness = await AgentHarness.open();
    const { controlPlane } = harness;
    const target = { url: new URL(controlPlane.url), token: "s3cret", rootCertificates: undefined };
    await harness.start({ target });
    const lease = commandLease("echo line");
    controlPlane.grant(lease);
    await eventually(() => controlPlane.texts(lease.ref).length === 1);
    expect(controlPlane.authorizations).toEqual(["Bearer s3cret", "Bearer s3cret"]);
  });

  for (const [name, code] of Object.entries({
    UNAUTHENTICATED: status.UNAUTHENTICATED,
    NOT_FOUND: status.NOT_FOUND,
    FAILED_PRECONDITION: status.FAILED_PRECONDITION,
    INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  })) {
    test(`an agent that is refused with ${name} ends and says why`, async () => {
      await using harness = await AgentHarness.open();
      harness.controlPlane.refusal = { code, details: "not you, because" };
      const agent = await harness.start({}, false);
      const end = await agent.ended;
      expect(end.kind === "refused" && end.error.message).toBe("not you, because");
    });
  }

  test("an agent for a pool of another type ends and names both types", async () => {
    await using harness = await AgentHarness.open();
    harness.controlPlane.workPoolType = "kubernetes";
    const agent = await harness.start({}, false);
    const end = await agent.ended;
    expect(end.kind === "refused" && end.error.message).toContain(
      "'kubernetes', and this agent runs 'process'",
    );
  });

  test("an agent whose control plane is not there yet keeps trying, and says so", async () => {
    await using harness = await AgentHarness.open();
    const lines: string[] = [];
    harness.controlPlane.refusal = { code: status.UNAVAILABLE, details: "the database is away" };
    const logger = createLogger({
      level: "info",
      format: "text",
      write: (line) => lines.push(line),
    });
    const agent = await harness.start({ logger }, false);
    await eventually(() =>
      lines.some((line) => line.includes("the database is away") && line.includes("retryInMs=")),
    );
    harness.controlPlane.refusal = undefined;
    await agent.connected;
    expect(harness.controlPlane.hellos.length).toBeGreaterThanOrEqual(2);
  });
});

describe("a stream that ends", () => {
  test("is opened again; runs go on, are listed in the hello, and their reports are sent again", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    const { controlPlane } = harness;
    controlPlane.acknowledgesReports = false;
    const running = commandLease("echo up; sleep 300");
    const over = commandLease("exit 4");
    controlPlane.grant(running, over);
    await controlPlane.ended(over.ref);
    await eventually(() => controlPlane.texts(running.ref).includes("up"));
    controlPlane.reports.clear();
    controlPlane.dropStreams("the replica stops");
    await eventually(() => controlPlane.hellos.length === 2);
    const held = controlPlane.hellos[1]?.held.map(({ ref, phase }) => [ref, phase]);
    expect(held).toContainEqual([running.ref, "ATTEMPT_PHASE_RUNNING"]);
    expect(held).toContainEqual([over.ref, "ATTEMPT_PHASE_ENDED"]);
    const event = await controlPlane.ended(over.ref);
    expect(event.$case === "exited" && event.value.exitCode).toBe(4);
    controlPlane.acknowledgesReports = true;
    controlPlane.stop(running.ref, 1000);
    await controlPlane.ended(running.ref);
  });

  test("loses no start request: it is put again on the next one, and the run starts once", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    const { controlPlane } = harness;
    controlPlane.startRule = () => ({ decision: "silence" });
    const lease = commandLease("echo once");
    controlPlane.grant(lease);
    await eventually(() => controlPlane.heard("startRequests").length === 1);
    controlPlane.startRule = () => ({ decision: "granted" });
    controlPlane.repeatsItself = true;
    controlPlane.dropStreams("the replica stops");
    await controlPlane.ended(lease.ref);
    await eventually(() => controlPlane.texts(lease.ref).length > 0);
    expect(controlPlane.texts(lease.ref)).toEqual(["once"]);
    expect(controlPlane.reportsOn(lease.ref).length).toBe(2);
  });

  test("costs no line of output and doubles none", async () => {
    await using harness = await AgentHarness.open();
    const agent = await harness.start();
    const { controlPlane } = harness;
    const lease = commandLease("for i in $(seq 1 200); do echo $i; sleep 0.01; done");
    controlPlane.grant(lease);
    await eventually(() => controlPlane.texts(lease.ref).length > 20);
    controlPlane.dropStreams("the replica stops");
    await controlPlane.ended(lease.ref);
    await eventually(() => agent.status().attempts === 0);
    expect(controlPlane.texts(lease.ref)).toEqual(
      Array.from({ length: 200 }, (_, i) => String(i + 1)),
    );
  }, 15_000);

  test("with attempts that were given up elsewhere: they are ended and not reported", async () => {
    await using harness = await AgentHarness.open();
    const agent = await harness.start();
    const { controlPlane } = harness;
    const lease = commandLease("echo up; sleep 300");
    controlPlane.grant(lease);
    await eventually(() => controlPlane.texts(lease.ref).includes("up"));
    controlPlane.fenced = [lease.ref];
    controlPlane.dropStreams("the replica stops");
    await eventually(() => agent.status().attempts === 0);
    expect(controlPlane.reportsOn(lease.ref).map(({ event }) => event?.$case)).toEqual(["started"]);
  });

  test("because the control plane asks for another one is replaced without a failure", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    harness.controlPlane.say({
      $case: "reconnect",
      value: { afterMs: 1, reason: "the stream is old" },
    });
    await eventually(() => harness.controlPlane.hellos.length === 2);
    await eventually(() => harness.controlPlane.openStreams === 1);
  });
});

describe("a link that is silent", () => {
  test("is given up after three beats that nobody answered, and left for another", async () => {
    await using harness = await AgentHarness.open();
    const { controlPlane } = harness;
    controlPlane.heartbeatIntervalMs = 50;
    await using link = await FaultyLink.open({ port: controlPlane.port });
    const target = {
      url: new URL(`http://127.0.0.1:${link.port}`),
      token: undefined,
      rootCertificates: undefined,
    };
    const agent = await harness.start({ target });
    link.silence();
    await eventually(() => agent.status().connection.includes("3 heartbeats were not answered"));
    await link.heal();
    await eventually(() => agent.status().connection === "connected");
    expect(controlPlane.hellos.length).toBe(2);
  });

  test("does not take a stream for silent whose beats are answered", async () => {
    await using harness = await AgentHarness.open();
    harness.controlPlane.heartbeatIntervalMs = 20;
    await harness.start();
    await eventually(() => harness.controlPlane.heard("heartbeat").length >= 20);
    expect(harness.controlPlane.hellos.length).toBe(1);
  });
});

test("answers nobody asked for, and messages about unknown attempts, change nothing", async () => {
  await using harness = await AgentHarness.open();
  const agent = await harness.start();
  const { controlPlane } = harness;
  const lease = commandLease("echo ok", { dueInMs: 300 });
  controlPlane.grant(lease);
  await eventually(() => controlPlane.heard("accepted").length === 1);
  const unknown = { flowRunId: crypto.randomUUID(), epoch: 9 };
  for (const ref of [lease.ref, unknown]) {
    controlPlane.say({
      $case: "startReplies",
      value: { replies: [{ ref, decision: "START_DECISION_GRANTED", delayMs: 0, reason: "" }] },
    });
  }
  controlPlane.say({ $case: "reportsAcknowledged", value: { sequences: [4711] } });
  controlPlane.grant({ ...lease, ref: undefined });
  controlPlane.grant(lease);
  await controlPlane.ended(lease.ref);
  await eventually(() => agent.status().attempts === 0);
  expect(controlPlane.heard("startRequests").length).toBe(1);
  expect(controlPlane.texts(lease.ref)).toEqual(["ok"]);
});
