import { describe, expect, test } from "bun:test";
import { StartDecision } from "#proto/sluice/v1/agent_service.ts";
import { eventually } from "#test/support/eventually.ts";
import { rejection } from "#test/support/rejection.ts";
import { TestServer } from "#test/support/test-server.ts";

async function withRun(environment: Record<string, string>) {
  const server = await TestServer.start(environment);
  await server.client.createWorkPool({ name: "pool", type: "process" });
  const { id: deployment } = await server.client.applyDeployment({
    flowName: "flow",
    name: "one",
    workPoolName: "pool",
    jobVariablesJson: '{"command": "true"}',
  });
  return { server, deployment };
}

describe("a stream", () => {
  test("is ended when its agent is silent for three heartbeats", async () => {
    const { server } = await withRun({ SLUICE_SERVER_HEARTBEAT_SECONDS: "0.2" });
    await using _ = server;
    const agent = server.session();
    await agent.hello();
    const failure = await agent.failure();
    expect(failure.code).toBe(10);
    expect(failure.details).toContain("Nothing was heard");
  });

  test("that is old is asked to reconnect, and is granted nothing more", async () => {
    const { server, deployment } = await withRun({ SLUICE_SERVER_STREAM_AGE_SECONDS: "0.1" });
    await using _ = server;
    const agent = server.session();
    await agent.hello();
    agent.credit(1);
    expect((await agent.next("reconnect")).reason).toContain("old");
    await server.client.createFlowRun({ deployment });
    agent.say({ $case: "heartbeat", value: { sequence: 1, held: [] } });
    await agent.next("heartbeatReply");
    expect(agent.untaken).toEqual([]);
    agent.cut();
  });
});

describe("while the database is away", () => {
  test("the session stays; starts wait, reports are acknowledged once it is back", async () => {
    const { server, deployment } = await withRun({ SLUICE_SERVER_POLL_SECONDS: "0.5" });
    await using _ = server;
    const agent = server.session();
    await agent.hello();
    agent.credit(2);
    const run = await server.client.createFlowRun({ deployment });
    const other = await server.client.createFlowRun({ deployment });
    const refs = [];
    while (refs.length < 2) {
      for (const { ref } of await agent.leases()) if (ref !== undefined) refs.push(ref);
    }
    const [first, second] = refs.toSorted((a, b) => (a.flowRunId < b.flowRunId ? -1 : 1));
    if (first === undefined || second === undefined) throw new Error("two leases were expected");
    agent.say({ $case: "accepted", value: { refs } });
    agent.say({ $case: "startRequests", value: { refs: [first] } });
    await agent.next("startReplies");

    await server.databaseLink.cut();
    agent.say({ $case: "startRequests", value: { refs: [second] } });
    const crashed = { reason: "out of memory", neverStarted: false, lostContact: false };
    agent.say({
      $case: "reports",
      value: {
        reports: [{ sequence: 1, ref: first, event: { $case: "crashed", value: crashed } }],
      },
    });
    const [reply] = (await agent.next("startReplies")).replies;
    expect(reply?.decision).toBe(StartDecision.WAIT);
    expect(reply?.delayMs).toBeGreaterThan(0);
    agent.say({ $case: "heartbeat", value: { sequence: 1, held: refs } });
    await agent.next("heartbeatReply");
    expect(agent.untaken).toEqual([]);
    const ready = await fetch(`${server.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ reasons: ["the database does not answer"] });
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    expect(await rejection(server.client.getFlowRun(run.id))).toContain("UNAVAILABLE");

    await server.databaseLink.heal();
    expect((await agent.next("reportsAcknowledged", 10_000)).sequences).toEqual([1]);
    agent.say({ $case: "startRequests", value: { refs: [second] } });
    const [granted] = (await agent.next("startReplies")).replies;
    expect(granted?.decision).toBe(StartDecision.GRANTED);
    const name = async (id: string): Promise<string | undefined> =>
      (await server.client.getFlowRun(id)).flowRun?.state?.name;
    expect([await name(run.id), await name(other.id)]).toEqual(["Crashed", "Running"]);
    await eventually(async () => (await fetch(`${server.url}/readyz`)).status === 200);
    agent.cut();
  });
});
