import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { ServiceError } from "@grpc/grpc-js";
import type { PushLogsRequest, PushLogsResponse } from "#proto/sluice/v1/agent_service.ts";
import type { WatchFlowRunResponse } from "#proto/sluice/v1/flow_run_service.ts";
import type { LeaseRef } from "#proto/sluice/v1/lease.ts";
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

/** A watch, and everything it was told. */
class Watch {
  readonly states: string[] = [];
  readonly lines: string[] = [];
  /** Both, in the order they came. */
  readonly events: string[] = [];
  end: ServiceError | "ended" | undefined;
  readonly #call;

  constructor(flowRunId: string, includeLogs: boolean) {
    this.#call = server.client.flowRuns.watchFlowRun({ flowRunId, includeLogs });
    this.#call.on("data", ({ event }: WatchFlowRunResponse) => {
      const states = event?.$case === "flowRun" ? [event.value.state?.name ?? ""] : [];
      const lines = event?.$case === "lines" ? event.value.lines.map((l) => l.message) : [];
      this.states.push(...states);
      this.lines.push(...lines);
      this.events.push(...states, ...lines);
    });
    this.#call.on("error", (error: ServiceError) => (this.end ??= error));
    this.#call.on("end", () => (this.end ??= "ended"));
  }

  cancel(): void {
    this.#call.cancel();
  }
}

async function startRun(): Promise<{ agent: SessionStream; ref: LeaseRef }> {
  const agent = server.session();
  await agent.hello({ workPoolName });
  agent.credit(1);
  const [lease] = await agent.leases();
  if (lease?.ref === undefined) throw new Error("no lease was granted");
  agent.say({ $case: "startRequests", value: { refs: [lease.ref] } });
  await agent.next("startReplies");
  return { agent, ref: lease.ref };
}

function chunk(ref: LeaseRef, startOffset: number, texts: string[]): PushLogsRequest {
  let offset = startOffset;
  const lines = texts.map((message) => {
    const line = { offset, timestamp: new Date(), level: 20, message };
    offset += message.length + 1;
    return line;
  });
  return { ref, startOffset, endOffset: offset, lines };
}

async function push(chunks: PushLogsRequest[]): Promise<PushLogsResponse[]> {
  const call = server.agents.pushLogs();
  const answers: PushLogsResponse[] = [];
  call.on("data", (answer: PushLogsResponse) => answers.push(answer));
  const ended = new Promise<void>((resolve, reject) => {
    call.on("end", resolve);
    call.on("error", reject);
  });
  for (const request of chunks) call.write(request);
  call.end();
  await ended;
  return answers;
}

async function report(agent: SessionStream, ref: LeaseRef, outputBytes: number): Promise<void> {
  const value = {
    exitCode: 0,
    signal: "",
    startedAfterUs: 1,
    firstOutputAfterUs: 2,
    exitedAfterUs: 3,
    outputBytes,
    stoppedOnOrder: false,
    message: "",
  };
  const event = { $case: "exited", value } as const;
  agent.say({ $case: "reports", value: { reports: [{ sequence: 1, ref, event }] } });
  await agent.next("reportsAcknowledged");
}

describe("watching a run", () => {
  test("tells each state and all lines in order, and ends behind the last line", async () => {
    const run = await server.client.createFlowRun({ deployment });
    const watch = new Watch(run.id, true);
    await eventually(() => watch.states.length === 1);
    const { agent, ref } = await startRun();
    const chunks = [chunk(ref, 0, ["a", "b"]), chunk(ref, 4, ["c"]), chunk(ref, 6, ["d"])];
    await push(chunks.slice(0, 2));
    await eventually(() => watch.lines.length === 3);
    await report(agent, ref, 8);
    await push(chunks.slice(2));
    await eventually(() => watch.end === "ended");
    const before = ["Scheduled", "Pending", "Running"];
    expect(watch.events).toEqual([...before, "a", "b", "c", "d", "Completed"]);
    agent.cut();
  });

  test("tells the end without output that does not come, and waits for that", async () => {
    const run = await server.client.createFlowRun({ deployment });
    const watch = new Watch(run.id, true);
    const { agent, ref } = await startRun();
    await push([chunk(ref, 0, ["a"])]);
    await report(agent, ref, 4);
    await eventually(() => watch.states.at(-1) === "Completed");
    expect(watch.end).toBeUndefined();
    await push([chunk(ref, 2, ["b"])]);
    await eventually(() => watch.end === "ended");
    expect(watch.events.slice(-3)).toEqual(["a", "Completed", "b"]);
    agent.cut();
  });

  test("of a run that has ended tells all states it was in, its lines between, and ends", async () => {
    const run = await server.client.createFlowRun({ deployment });
    const { agent, ref } = await startRun();
    await push([chunk(ref, 0, ["only"])]);
    await report(agent, ref, 5);
    const watch = new Watch(run.id, true);
    await eventually(() => watch.end === "ended");
    expect(watch.events).toEqual(["Scheduled", "Pending", "Running", "only", "Completed"]);
    agent.cut();
  });

  test("of a run whose history is not kept any more tells the state it is in", async () => {
    const run = await server.client.createFlowRun({ deployment });
    const { agent, ref } = await startRun();
    await report(agent, ref, 0);
    await server.database.pool.query({
      text: "delete from sluice.flow_run_state where flow_run_id = $1",
      values: [run.id],
    });
    const watch = new Watch(run.id, false);
    await eventually(() => watch.end === "ended");
    expect(watch.events).toEqual(["Completed"]);
    agent.cut();
  });

  test("of a run that does not exist is refused", async () => {
    const watch = new Watch(newId(), false);
    await eventually(() => watch.end !== undefined);
    expect(watch.end).toMatchObject({ code: 5 });
    const nonsense = new Watch("x", false);
    await eventually(() => nonsense.end !== undefined);
    expect(nonsense.end).toMatchObject({ code: 3 });
  });

  test("sees all that another replica changed, without a wake-up", async () => {
    const run = await server.client.createFlowRun({ deployment });
    const watch = new Watch(run.id, false);
    await eventually(() => watch.states.length === 1);
    await server.database.pool.query({
      text: `with gone as (
               update sluice.flow_run set state_id = $2, state_type = 'CANCELLED',
                 state_name = 'Cancelled', state_at = clock_timestamp() where id = $1
               returning id, state_at)
             insert into sluice.flow_run_state (flow_run_id, at, id, type, name)
             select id, state_at - interval '1 microsecond', $3::uuid, 'SCHEDULED', 'Late' from gone
              union all
             select id, state_at, $2, 'CANCELLED', 'Cancelled' from gone`,
      values: [run.id, newId(), newId()],
    });
    await eventually(() => watch.end === "ended");
    expect(watch.states).toEqual(["Scheduled", "Late", "Cancelled"]);
  });
});

describe("pushing output", () => {
  test("answers each chunk in order; a repeated one is stored once, a gap is refused", async () => {
    const run = await server.client.createFlowRun({ deployment });
    const { agent, ref } = await startRun();
    const first = chunk(ref, 0, ["a"]);
    const answers = await push([first, first, chunk(ref, 9, ["z"]), chunk(ref, 2, ["b"])]);
    expect(answers.map(({ storedOffset }) => storedOffset)).toEqual([2, 2, 2, 4]);
    expect((await server.client.listLogs(run.id)).map(({ message }) => message)).toEqual([
      "a",
      "b",
    ]);
    agent.cut();
  });

  test("of an attempt that does not exist is discarded", async () => {
    const [answer] = await push([chunk({ flowRunId: newId(), epoch: 1 }, 0, ["a"])]);
    expect(answer?.discarded).toBeTrue();
  });
});
