import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { StopReason } from "#proto/sluice/v1/agent_service.ts";
import type { LeaseRef } from "#proto/sluice/v1/lease.ts";
import { newId } from "#shared/ids.ts";
import { eventually } from "#test/support/eventually.ts";
import type { SessionStream } from "#test/support/session-stream.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let workPoolName = "";
let deployment = "";

beforeAll(async () => {
  // Lists are looked at again and again, and an end counts as known after two heartbeats.
  server = await TestServer.start({
    SLUICE_SERVER_HEARTBEAT_SECONDS: "0.5",
    SLUICE_SERVER_MISSED_HEARTBEATS: "100",
    SLUICE_SERVER_POLL_SECONDS: "0.1",
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  workPoolName = `pool-${newId()}`;
  await server.client.createWorkPool({ name: workPoolName, type: "process" });
  const { id } = await server.client.applyDeployment({
    flowName: `flow-${newId()}`,
    name: "one",
    workPoolName,
    jobVariablesJson: '{"command": "true"}',
  });
  deployment = id;
});

async function stateOf(ref: LeaseRef): Promise<string> {
  return (await server.client.getFlowRun(ref.flowRunId)).flowRun?.state?.name ?? "none";
}

/** An agent with one lease that it has started. */
async function agentWithRun(): Promise<{ agent: SessionStream; ref: LeaseRef }> {
  const agent = server.session();
  await agent.hello({ workPoolName });
  agent.credit(1);
  await server.client.createFlowRun({ deployment });
  const [lease] = await agent.leases();
  if (lease?.ref === undefined) throw new Error("no lease was granted");
  agent.say({ $case: "startRequests", value: { refs: [lease.ref] } });
  await agent.next("startReplies");
  return { agent, ref: lease.ref };
}

async function beat(agent: SessionStream, sequence: number, held: LeaseRef[]): Promise<void> {
  agent.say({ $case: "heartbeat", value: { sequence, held } });
  await agent.next("heartbeatReply");
}

describe("a lease that its agent lists no more", () => {
  test("is settled with the second heartbeat: what may have run is CRASHED", async () => {
    const { agent, ref } = await agentWithRun();
    await beat(agent, 1, [ref]);
    await beat(agent, 2, []);
    expect(await stateOf(ref)).toBe("Running");
    await beat(agent, 3, []);
    await eventually(async () => (await stateOf(ref)) === "Crashed");
    agent.cut();
  });

  test("waits again if it was only accepted", async () => {
    const agent = server.session();
    await agent.hello({ workPoolName, prefetchSeconds: 3600 });
    agent.credit(1);
    const scheduledTime = new Date(Date.now() + 600_000);
    await server.client.createFlowRun({ deployment, scheduledTime });
    const [{ ref } = {}] = await agent.leases();
    if (ref === undefined) throw new Error("no lease was granted");
    agent.credit(0);
    agent.say({ $case: "accepted", value: { refs: [ref] } });
    await beat(agent, 1, []);
    await beat(agent, 2, []);
    await eventually(async () => (await stateOf(ref)) === "Scheduled");
    agent.cut();
  });

  test("stays if its end was told, though that cannot be stored yet", async () => {
    const { agent, ref } = await agentWithRun();
    await server.databaseLink.cut();
    const crashed = { reason: "told in order", neverStarted: false, lostContact: false };
    agent.say({
      $case: "reports",
      value: { reports: [{ sequence: 1, ref, event: { $case: "crashed", value: crashed } }] },
    });
    await beat(agent, 1, []);
    await beat(agent, 2, []);
    await server.databaseLink.heal();
    await agent.next("reportsAcknowledged", 20_000);
    const { flowRun } = await server.client.getFlowRun(ref.flowRunId);
    expect(flowRun?.state?.message).toBe("told in order");
    agent.cut();
  }, 30_000);
});

describe("a lease that its agent lists and does not hold", () => {
  test("is to be stopped, again with each heartbeat until that is heard", async () => {
    const { agent } = await agentWithRun();
    const unknown = { flowRunId: newId(), epoch: 1 };
    await beat(agent, 1, [unknown]);
    const order = await agent.next("stop");
    expect(order).toMatchObject({ ref: unknown, reason: StopReason.FENCED });
    await beat(agent, 2, [unknown]);
    expect((await agent.next("stop")).ref).toEqual(unknown);
    agent.say({ $case: "stopAcknowledged", value: { ref: unknown } });
    await beat(agent, 3, []);
    expect(agent.untaken.filter(({ $case }) => $case === "stop")).toEqual([]);
    agent.cut();
  });

  test("is to be stopped if it was ended elsewhere and the agent does not know after a while", async () => {
    const { agent, ref } = await agentWithRun();
    await server.database.pool.query(
      "update sluice.lease set ended_at = clock_timestamp() where flow_run_id = $1",
      [ref.flowRunId],
    );
    await beat(agent, 1, [ref]);
    expect((await agent.next("stop")).reason).toBe(StopReason.FENCED);
    agent.cut();
  });
});
