import { describe, expect, test } from "bun:test";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { runCli } from "#cli/program.ts";
import { AttemptTimeline, FlowRun, LogLine } from "#proto/sluice/v1/flow_run.ts";
import type {
  WatchFlowRunRequest,
  WatchFlowRunResponse,
} from "#proto/sluice/v1/flow_run_service.ts";
import type { StateType } from "#shared/states.ts";
import { capture } from "#test/support/captured-cli.ts";
import { eventually } from "#test/support/eventually.ts";
import { StandInControlPlane, type StandInCalls } from "#test/support/stand-in-control-plane.ts";

type Stream = ServerWritableStream<WatchFlowRunRequest, WatchFlowRunResponse>;

const ID = "01998c3e-0000-7000-8000-000000000001";
const AT = new Date(1_900_000_000_123);
const HOPS = [0, 1.2345, 0.0004, 0.0004, 12.5];

function run(name: string, type: StateType): FlowRun {
  return FlowRun.fromPartial({
    id: ID,
    name: "brave-otter",
    flowName: "count",
    state: { id: `state-${name}`, name, type: `STATE_TYPE_${type}`, timestamp: AT },
  });
}

function lines(...offsets: number[]): WatchFlowRunResponse {
  const value = offsets.map((offset) =>
    LogLine.fromPartial({
      epoch: 1,
      offset,
      level: 20,
      message: `line at ${offset}`,
      timestamp: AT,
    }),
  );
  return { event: { $case: "lines", value: { lines: value } } };
}

function state(name: string, type: StateType): WatchFlowRunResponse {
  return { event: { $case: "flowRun", value: run(name, type) } };
}

/** A control plane whose watch streams are written by the test, in the order they are opened. */
async function watched(final: FlowRun): Promise<{ plane: StandInControlPlane; streams: Stream[] }> {
  const streams: Stream[] = [];
  const attempt = AttemptTimeline.fromPartial({
    epoch: 1,
    attempt: 1,
    agentName: "box",
    exitCode: 0,
    endReason: "exited",
    hops: HOPS.map((sincePreviousMs, index) => ({ name: `hop${index}`, sincePreviousMs, at: AT })),
  });
  const calls: StandInCalls = {
    flowRuns: {
      watchFlowRun: (call) => void streams.push(call),
      getFlowRun: (_, reply) => reply(null, { flowRun: final, states: [], attempts: [attempt] }),
    },
  };
  return { plane: await StandInControlPlane.start(calls), streams };
}

function opened(streams: readonly Stream[], index: number): Promise<Stream> {
  return eventually(() => streams[index]);
}

describe("watching a run", () => {
  test("shows states and lines as they come, then a timeline that adds up", async () => {
    const { plane, streams } = await watched(run("Completed", "COMPLETED"));
    await using _ = plane;
    const cli = capture({ environment: plane.environment });
    const ended = runCli(["flow-run", "watch", ID], cli.surroundings);
    const stream = await opened(streams, 0);
    stream.write(state("Running", "RUNNING"));
    stream.write(lines(0, 10));
    await eventually(() => cli.out().includes("line at 10"));
    expect(cli.out()).not.toContain("Completed");
    stream.write(state("Completed", "COMPLETED"));
    stream.end();

    expect(await ended).toBe(0);
    const order = ["Running", "line at 0", "line at 10", "Completed", "HOP", "ended COMPLETED"];
    const places = order.map((word) => cli.out().indexOf(word));
    expect(places).toEqual(places.toSorted((left, right) => left - right));
    expect(places).not.toContain(-1);
    const rows = [...cli.out().matchAll(/^hop\d +([\d.]+) +([\d.]+)$/gm)];
    expect(rows).toHaveLength(HOPS.length);
    let total = 0;
    for (const [, step, sum] of rows) {
      total += Math.round(Number(step) * 1_000);
      expect(Math.round(Number(sum) * 1_000)).toBe(total);
    }
    expect(streams[0]?.request).toEqual({ flowRunId: ID, includeLogs: true });
  });

  test("goes on after the connection broke, without a line or state twice", async () => {
    const { plane, streams } = await watched(run("Completed", "COMPLETED"));
    await using _ = plane;
    const cli = capture({ environment: plane.environment });
    const ended = runCli(["flow-run", "watch", ID], cli.surroundings);
    const first = await opened(streams, 0);
    first.write(state("Pending", "PENDING"));
    first.write(state("Running", "RUNNING"));
    first.write(lines(0, 10));
    await eventually(() => cli.out().includes("line at 10"));
    await plane.restart();

    const second = await opened(streams, 1);
    second.write(state("Pending", "PENDING"));
    second.write(state("Running", "RUNNING"));
    second.write(lines(0, 10, 20));
    second.write(state("Completed", "COMPLETED"));
    second.end();
    expect(await ended).toBe(0);
    expect(cli.out().match(/line at \d+/g)).toEqual(["line at 0", "line at 10", "line at 20"]);
    expect(cli.out().match(/Pending|Running|Completed/g)).toEqual([
      "Pending",
      "Running",
      "Completed",
    ]);
    expect(cli.err()).toContain("trying again");
  });

  test("opens the stream again if the server ends it while the run goes on", async () => {
    const { plane, streams } = await watched(run("Completed", "COMPLETED"));
    await using _ = plane;
    const cli = capture({ environment: plane.environment });
    const ended = runCli(["flow-run", "watch", ID], cli.surroundings);
    const first = await opened(streams, 0);
    first.write(state("Running", "RUNNING"));
    first.end();
    const second = await opened(streams, 1);
    second.write(state("Completed", "COMPLETED"));
    second.end();
    expect(await ended).toBe(0);
    expect(cli.err()).toBe("");
  });

  test.each(["FAILED", "CRASHED", "CANCELLED"] as const)(
    "of a run that is %s ends with 1",
    async (type) => {
      const { plane, streams } = await watched(run(type, type));
      await using _ = plane;
      const cli = capture({ environment: plane.environment });
      const ended = runCli(["flow-run", "watch", ID], cli.surroundings);
      const stream = await opened(streams, 0);
      stream.write(state(type, type));
      stream.end();
      expect(await ended).toBe(1);
      expect(cli.err()).toBe(`Error: flow run 'brave-otter' is ${type}\n`);
    },
  );

  test("is ended by Ctrl-C with 130, and says that the run is not stopped", async () => {
    const { plane, streams } = await watched(run("Running", "RUNNING"));
    await using _ = plane;
    const cli = capture({ environment: plane.environment });
    const ended = runCli(["flow-run", "watch", ID], cli.surroundings);
    (await opened(streams, 0)).write(state("Running", "RUNNING"));
    await eventually(() => cli.out().includes("Running"));
    cli.interrupt();
    expect(await ended).toBe(130);
    expect(cli.err()).toStartWith("Stopped watching; the run is not stopped.");
    expect(cli.err()).toContain(`sluice flow-run cancel ${ID}`);
    await eventually(() => streams[0]?.cancelled);
  });

  test("is ended by its timeout with 1", async () => {
    const { plane, streams } = await watched(run("Running", "RUNNING"));
    await using _ = plane;
    const cli = capture({ environment: plane.environment });
    const ended = runCli(["flow-run", "watch", ID, "--timeout", "0.3"], cli.surroundings);
    (await opened(streams, 0)).write(state("Running", "RUNNING"));
    expect(await ended).toBe(1);
    expect(cli.err()).toContain("has not ended within 0.3 s");
  });

  test("with -o json prints one document at the end and nothing before", async () => {
    const { plane, streams } = await watched(run("Completed", "COMPLETED"));
    await using _ = plane;
    const cli = capture({ environment: plane.environment });
    const ended = runCli(["flow-run", "watch", ID, "-o", "json"], cli.surroundings);
    const stream = await opened(streams, 0);
    stream.write(state("Completed", "COMPLETED"));
    stream.end();
    expect(await ended).toBe(0);
    expect(JSON.parse(cli.out())).toMatchObject({
      flow_run: { id: ID, state: { type: "COMPLETED" } },
      attempts: [{ exit_code: 0 }],
    });
    expect(streams[0]?.request.includeLogs).toBeFalse();
  });
});

describe("following output", () => {
  test("begins with the tail that was asked for and leaves no line out", async () => {
    const streams: Stream[] = [];
    const stored = [0, 10, 20].map((offset) =>
      LogLine.fromPartial({
        epoch: 1,
        offset,
        level: 20,
        message: `line at ${offset}`,
        timestamp: AT,
      }),
    );
    await using plane = await StandInControlPlane.start({
      flowRuns: {
        getFlowRun: (_, reply) =>
          reply(null, { flowRun: run("Running", "RUNNING"), states: [], attempts: [] }),
        listFlowRunLogs: (call, reply) =>
          reply(null, {
            lines: stored.toReversed().slice(0, call.request.pageSize),
            nextPageToken: "",
          }),
        watchFlowRun: (call) => void streams.push(call),
      },
    });
    const cli = capture({ environment: plane.environment });
    const ended = runCli(["flow-run", "logs", ID, "--follow", "--tail", "2"], cli.surroundings);
    const stream = await opened(streams, 0);
    stream.write(lines(0, 10, 20, 30));
    stream.write(state("Completed", "COMPLETED"));
    stream.end();
    expect(await ended).toBe(0);
    expect(cli.out().match(/line at \d+/g)).toEqual(["line at 10", "line at 20", "line at 30"]);
    expect(cli.out().split("\n")[0]).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.123 \| INFO {4}\| Flow run 'brave-otter' - line at 10$/,
    );
  });
});

test("listing asks page by page and stops at the limit", async () => {
  const sizes: number[] = [];
  await using plane = await StandInControlPlane.start({
    flowRuns: {
      listFlowRuns: (call, reply) => {
        const { pageSize, pageToken } = call.request;
        sizes.push(pageSize);
        const flowRuns = Array.from({ length: pageSize }, () => run("Completed", "COMPLETED"));
        reply(null, { flowRuns, nextPageToken: `${pageToken}x` });
      },
    },
  });
  const cli = capture({ environment: plane.environment });
  const words = ["flow-run", "ls", "--limit", "450", "-o", "json"];
  expect(await runCli(words, cli.surroundings)).toBe(0);
  expect(sizes).toEqual([200, 200, 50]);
  expect(JSON.parse(cli.out())).toHaveLength(450);
});

test("a run whose deployment is deleted is shown with the id that is left of it", async () => {
  const orphan = { ...run("Completed", "COMPLETED"), deploymentId: "gone-id" };
  await using plane = await StandInControlPlane.start({
    flowRuns: {
      getFlowRun: (_, reply) => reply(null, { flowRun: orphan, states: [], attempts: [] }),
    },
  });
  const cli = capture({ environment: plane.environment });
  expect(await runCli(["flow-run", "inspect", ID], cli.surroundings)).toBe(0);
  expect(cli.out()).toMatch(/^deployment +\(deleted: gone-id\)$/m);
});
