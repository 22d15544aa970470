import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { StartDecision, StopReason } from "#proto/sluice/v1/agent_service.ts";
import type { Lease, LeaseRef } from "#proto/sluice/v1/lease.ts";
import { newId } from "#shared/ids.ts";
import { eventually } from "#test/support/eventually.ts";
import type { SessionStream } from "#test/support/session-stream.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let workPoolName = "";
let deployment = "";

beforeAll(async () => {
  server = await TestServer.start();
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

async function connected(fields: { agentId?: string; session?: number; limit?: number } = {}) {
  const agent = server.session();
  await agent.hello({ workPoolName, ...fields });
  return agent;
}

async function granted(agent: SessionStream): Promise<{ lease: Lease; ref: LeaseRef }> {
  const [lease] = await agent.leases();
  if (lease?.ref === undefined) throw new Error("no lease was granted");
  return { lease, ref: lease.ref };
}

async function started(agent: SessionStream): Promise<LeaseRef> {
  const { ref } = await granted(agent);
  agent.say({ $case: "accepted", value: { refs: [ref] } });
  agent.say({ $case: "startRequests", value: { refs: [ref] } });
  const { replies } = await agent.next("startReplies");
  expect(replies.map(({ decision }) => decision)).toEqual([StartDecision.GRANTED]);
  return ref;
}

function exited(
  agent: SessionStream,
  ref: LeaseRef,
  exitCode: number,
  sequence = 1,
  message = "",
): void {
  agent.say({
    $case: "reports",
    value: {
      reports: [
        {
          sequence,
          ref,
          event: {
            $case: "exited",
            value: {
              exitCode,
              signal: "",
              startedAfterUs: 100,
              firstOutputAfterUs: 200,
              exitedAfterUs: 300,
              outputBytes: 0,
              stoppedOnOrder: false,
              message,
            },
          },
        },
      ],
    },
  });
}

async function stateOf(id: string): Promise<string> {
  return (await server.client.getFlowRun(id)).flowRun?.state?.name ?? "none";
}

describe("the first message", () => {
  test("must be a hello", async () => {
    const agent = server.session();
    agent.credit(1);
    expect((await agent.failure()).details).toContain("must be a hello");
  });

  test("must speak this protocol", async () => {
    const agent = server.session();
    const failure = agent.failure();
    agent.hello({ workPoolName, protocolVersion: 2 }).catch(() => {});
    expect((await failure).details).toContain("protocol version 1");
  });

  test("must name a pool that exists", async () => {
    const agent = server.session();
    agent.hello({ workPoolName: "nowhere" }).catch(() => {});
    const failure = await agent.failure();
    expect(failure.code).toBe(5);
    expect(failure.details).toContain("nowhere");
  });
});

describe("a session", () => {
  test("is welcomed with what the agent needs to know", async () => {
    const agent = server.session();
    const welcome = await agent.hello({ workPoolName, name: "one" });
    expect(welcome).toMatchObject({
      agentName: "one",
      workPoolType: "process",
      heartbeatIntervalMs: 10_000,
      fenced: [],
      workPoolPaused: false,
    });
    expect(Math.abs((welcome.serverTime?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    agent.cut();
  });

  test("takes a run from lease to COMPLETED, and acknowledges only what is committed", async () => {
    const agent = await connected();
    agent.credit(1);
    const run = await server.client.createFlowRun({ deployment });
    const ref = await started(agent);
    expect(ref.flowRunId).toBe(run.id);
    expect(await stateOf(run.id)).toBe("Running");
    exited(agent, ref, 0);
    const { sequences } = await agent.next("reportsAcknowledged");
    expect(sequences).toEqual([1]);
    expect(await stateOf(run.id)).toBe("Completed");
    const { attempts, states } = await server.client.getFlowRun(run.id);
    expect(states.map(({ name }) => name)).toEqual([
      "Scheduled",
      "Pending",
      "Running",
      "Completed",
    ]);
    const hops = attempts[0]?.hops ?? [];
    expect(hops.map(({ name }) => name)).toEqual([
      "submitted",
      "eligible",
      "claimed",
      "sent",
      "accepted",
      "start_granted",
      "process_started",
      "first_output",
      "exited",
      "reported",
    ]);
    expect(hops.every(({ sincePreviousMs }) => sincePreviousMs >= 0)).toBeTrue();
    agent.cut();
  });

  test("a report that cannot be stored crashes its attempt, and those beside it are stored", async () => {
    const agent = await connected();
    agent.credit(2);
    const good = await server.client.createFlowRun({ deployment });
    const bad = await server.client.createFlowRun({ deployment });
    const refs = [await started(agent), await started(agent)];
    const refOf = (id: string): LeaseRef => {
      const ref = refs.find(({ flowRunId }) => flowRunId === id);
      if (ref === undefined) throw new Error(`${id} was not granted`);
      return ref;
    };
    exited(agent, refOf(bad.id), 1, 2, "no database holds \0 in a text");
    exited(agent, refOf(good.id), 0, 3);
    const acknowledged = new Set<number>();
    while (acknowledged.size < 2) {
      for (const sequence of (await agent.next("reportsAcknowledged")).sequences) {
        acknowledged.add(sequence);
      }
    }
    expect(await stateOf(good.id)).toBe("Completed");
    expect(await stateOf(bad.id)).toBe("Crashed");
    agent.cut();
  });

  test("answers heartbeats, and a hello or report that comes twice changes nothing", async () => {
    const agentId = newId();
    const agent = await connected({ agentId });
    agent.hello({ workPoolName, agentId }).catch(() => {});
    agent.say({ $case: "heartbeat", value: { sequence: 7, held: [] } });
    expect((await agent.next("heartbeatReply")).sequence).toBe(7);
    agent.credit(1);
    const run = await server.client.createFlowRun({ deployment });
    const ref = await started(agent);
    exited(agent, ref, 3);
    exited(agent, ref, 3);
    await agent.next("reportsAcknowledged");
    expect(await stateOf(run.id)).toBe("Failed");
    agent.cut();
  });

  test("gets no more leases than it offers, and the next when it offers again", async () => {
    const agent = await connected();
    agent.credit(1);
    await server.client.createFlowRun({ deployment });
    const second = await server.client.createFlowRun({ deployment });
    await granted(agent);
    agent.say({ $case: "heartbeat", value: { sequence: 1, held: [] } });
    await agent.next("heartbeatReply");
    expect(agent.untaken).toEqual([]);
    agent.credit(1);
    expect((await granted(agent)).ref.flowRunId).toBe(second.id);
    agent.cut();
  });

  test("a run in the future is granted when it is due, not before", async () => {
    const agent = await connected();
    agent.credit(1);
    const scheduledTime = new Date(Date.now() + 400);
    await server.client.createFlowRun({ deployment, scheduledTime });
    const { lease } = await granted(agent);
    expect(Date.now()).toBeGreaterThanOrEqual(scheduledTime.getTime() - 5);
    expect(lease.dueInMs).toBe(0);
    agent.cut();
  });

  test("a returned lease is granted anew under a new epoch", async () => {
    const agent = await connected();
    agent.credit(1);
    const run = await server.client.createFlowRun({ deployment });
    const first = await granted(agent);
    agent.say({ $case: "returned", value: { refs: [first.ref], reason: "draining" } });
    agent.credit(1);
    const second = await granted(agent);
    expect(second.ref).toEqual({ flowRunId: run.id, epoch: first.ref.epoch + 1 });
    agent.cut();
  });

  test("a cancel reaches the agent, and again with each heartbeat until it is acknowledged", async () => {
    const agent = await connected();
    agent.credit(1);
    const run = await server.client.createFlowRun({ deployment });
    const ref = await started(agent);
    await server.client.cancelFlowRun(run.id);
    const order = await agent.next("stop");
    expect(order).toMatchObject({ ref, reason: StopReason.CANCELLED, graceMs: 30_000 });
    agent.say({ $case: "heartbeat", value: { sequence: 1, held: [ref] } });
    expect((await agent.next("stop")).ref).toEqual(ref);
    agent.say({ $case: "stopAcknowledged", value: { ref } });
    agent.say({ $case: "heartbeat", value: { sequence: 2, held: [ref] } });
    await agent.next("heartbeatReply");
    await agent.next("heartbeatReply");
    expect(agent.untaken).toEqual([]);
    exited(agent, ref, 143);
    await agent.next("reportsAcknowledged");
    expect(await stateOf(run.id)).toBe("Cancelled");
    agent.cut();
  });

  test("a newer session of the same agent ends the older stream", async () => {
    const agentId = newId();
    const older = await connected({ agentId, session: 1 });
    const newer = await connected({ agentId, session: 2 });
    expect((await older.failure()).code).toBe(10);
    const late = server.session();
    late.hello({ workPoolName, agentId, session: 1 }).catch(() => {});
    expect((await late.failure()).code).toBe(10);
    newer.cut();
  });

  test("a message that names no attempt ends the stream, and no other", async () => {
    const [bad, good] = [await connected(), await connected()];
    bad.say({ $case: "accepted", value: { refs: [{ flowRunId: "x", epoch: 1 }] } });
    expect((await bad.failure()).details).toContain("names no attempt");
    good.say({ $case: "heartbeat", value: { sequence: 1, held: [] } });
    await good.next("heartbeatReply");
    good.cut();
  });

  test("after a goodbye the agent is offline at once", async () => {
    const agent = await connected();
    const status = async (): Promise<string | undefined> =>
      (await server.client.listAgents(workPoolName))[0]?.status;
    expect(await status()).toBe("AGENT_STATUS_ONLINE");
    await agent.goodbye();
    await eventually(async () => (await status()) === "AGENT_STATUS_OFFLINE");
  });
});
