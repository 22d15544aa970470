import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo } from "#proto/google/rpc/error_details.ts";
import { Status } from "#proto/google/rpc/status.ts";
import {
  CreateFlowRunRequest,
  type CreateFlowRunsResponse,
} from "#proto/sluice/v1/flow_run_service.ts";
import { ServerServiceClient } from "#proto/sluice/v1/server_service.ts";
import { AgentServiceClient } from "#proto/sluice/v1/agent_service.ts";
import { eventually } from "#test/support/eventually.ts";
import { rejection } from "#test/support/rejection.ts";
import { helloOf } from "#test/support/session-stream.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

async function failureOf(call: Promise<unknown>): Promise<ServiceError> {
  try {
    await call;
  } catch (error) {
    if (isServiceError(error)) return error;
    throw error;
  }
  throw new Error("the call succeeded");
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "metadata" in error;
}

/** The first detail of the given type. */
function detailOf<T>(
  error: ServiceError,
  name: string,
  codec: { decode(bytes: Uint8Array): T },
): T | undefined {
  const [raw] = error.metadata.get("grpc-status-details-bin");
  if (!(raw instanceof Buffer)) return undefined;
  const found = Status.decode(raw).details.find(({ typeUrl }) => typeUrl.endsWith(name));
  return found === undefined ? undefined : codec.decode(found.value);
}

describe("lists", () => {
  test("a page beyond the most is refused with the number, as a bad field", async () => {
    const error = await failureOf(server.client.listFlowRuns({ pageSize: 201 }));
    expect(error.code).toBe(3);
    expect(error.details).toContain("200");
    expect(detailOf(error, "ErrorInfo", ErrorInfo)).toMatchObject({
      reason: "INVALID_ARGUMENT",
      domain: "sluice",
    });
    expect(detailOf(error, "BadRequest", BadRequest)?.fieldViolations[0]?.field).toBe("page_size");
  });

  test("page after page gives every pool, deployment and run once, in order", async () => {
    const names = ["a", "b", "c", "d", "e"].map((letter) => `list-${letter}`);
    for (const name of names) {
      await server.client.createWorkPool({ name, type: "process" });
      await server.client.applyDeployment({
        flowName: "listed",
        name,
        workPoolName: name,
        jobVariablesJson: '{"command": "true"}',
      });
    }
    const pools: string[] = [];
    for (let pageToken = ""; ;) {
      const page = await server.client.unary<{
        workPools: { name: string }[];
        nextPageToken: string;
      }>((...rest) => server.client.workPools.listWorkPools({ pageSize: 2, pageToken }, ...rest));
      pools.push(...page.workPools.map(({ name }) => name));
      pageToken = page.nextPageToken;
      if (pageToken === "") break;
    }
    expect(pools.filter((name) => name.startsWith("list-"))).toEqual(names);

    const created: string[] = [];
    for (let count = 0; count < 5; count++) {
      created.push((await server.client.createFlowRun({ deployment: "listed/list-a" })).id);
    }
    const runs = await server.client.listFlowRuns({ pageSize: 2, flowNames: ["listed"] });
    expect(runs.map(({ id }) => id)).toEqual(created.toReversed());
  });

  test("runs with large parameters come on pages that any client takes", async () => {
    await server.client.applyDeployment({
      flowName: "large",
      name: "one",
      jobVariablesJson: '{"command": "true"}',
    });
    const large = [
      { parametersJson: JSON.stringify({ text: "x".repeat(500_000) }) },
      { parametersJson: JSON.stringify({ text: "語".repeat(170_000) }) },
      { tags: ["x".repeat(1_000_000)] },
    ];
    for (let count = 0; count < 12; count++) {
      await server.client.createFlowRun({ deployment: "large/one", ...large[count % 3] });
    }
    const runs = await server.client.listFlowRuns({ deployment: "large/one" });
    expect(runs).toHaveLength(12);
  });
});

describe("the gRPC face", () => {
  test("says which replica answers, and that it did not start its database", async () => {
    const client = new ServerServiceClient(server.address, credentials.createInsecure());
    const info = await server.client.unary<{ version: string; embeddedDatabase: boolean }>(
      (...rest) => client.getServerInfo({}, ...rest),
    );
    expect(info).toMatchObject({ version: "0.1.0", embeddedDatabase: false });
    client.close();
  });

  test("what is not there is NOT_FOUND with the name in it", async () => {
    const error = await failureOf(server.client.getWorkPool("nowhere"));
    expect(error.code).toBe(5);
    expect(error.details).toContain("nowhere");
  });

  test("a name that no database can hold is the caller's mistake, not the server's", async () => {
    expect((await failureOf(server.client.getWorkPool("a\0b"))).code).toBe(3);
  });

  test.each([
    ["of characters that a header cannot be cut between", "🦥".repeat(2_000)],
    ["longer than any header", "x".repeat(3_000_000)],
  ])("a name %s is refused, and the next call is answered", async (_what, name) => {
    expect((await failureOf(server.client.createFlowRun({ deployment: name }))).code).toBe(3);
    const applied = server.client.applyDeployment({ flowName: "f", name: "d", workPoolName: name });
    expect((await failureOf(applied)).code).toBe(5);
    expect((await failureOf(server.client.getWorkPool(name))).code).toBe(5);
    expect((await failureOf(server.client.getWorkPool("nowhere"))).code).toBe(5);
  });

  test("a time that no timestamp can tell is refused, so that lists with it can be read", async () => {
    const { id: deployment } = await server.client.applyDeployment({
      flowName: "times",
      name: "one",
      jobVariablesJson: '{"command": "true"}',
    });
    for (const millis of [253_402_300_800_000, 8.64e15, -62_135_596_800_001]) {
      const late = server.client.createFlowRun({ deployment, scheduledTime: new Date(millis) });
      expect((await failureOf(late)).details).toContain("scheduled_time");
    }
    await server.client.createFlowRun({
      deployment,
      scheduledTime: new Date(253_402_300_799_999),
    });
    expect(await server.client.listFlowRuns({ deployment })).toHaveLength(1);
  });
});

describe("the HTTP face", () => {
  test("answers probes, says what it is, and problems as problem+json", async () => {
    for (const path of ["/livez", "/readyz"]) {
      expect((await fetch(`${server.url}${path}`)).status).toBe(200);
    }
    expect(await (await fetch(server.url)).json()).toMatchObject({
      name: "sluice",
      version: "0.1.0",
    });
    const missing = await fetch(`${server.url}/nothing`);
    expect(missing.status).toBe(404);
    expect(missing.headers.get("content-type")).toBe("application/problem+json");
    expect(await missing.json()).toMatchObject({ status: 404, reason: "NOT_FOUND" });
  });
});

describe("with keys", () => {
  test("both faces ask for them, and let the agent token only into the agents' service", async () => {
    await using closed = await TestServer.start({
      SLUICE_SERVER_API_KEY: "operator",
      SLUICE_SERVER_AGENT_TOKEN: "agents",
    });
    expect((await fetch(closed.url)).status).toBe(401);
    expect((await fetch(`${closed.url}/livez`)).status).toBe(200);
    const header = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
    expect((await fetch(closed.url, header("operator"))).status).toBe(200);
    expect((await fetch(closed.url, header("agents"))).status).toBe(403);

    await closed.client.createWorkPool({ name: "pool", type: "process" });
    const refused = closed.session();
    refused.hello().catch(() => {});
    expect((await refused.failure()).code).toBe(16);

    const metadata = new Metadata();
    metadata.set("authorization", "Bearer agents");
    const agents = new AgentServiceClient(closed.address, credentials.createInsecure());
    const call = agents.session(metadata);
    let welcomed = false;
    call.on("data", () => (welcomed = true));
    call.on("error", () => {});
    call.write({ message: { $case: "hello", value: helloOf({}) } });
    await eventually(() => welcomed);
    call.cancel();
    agents.close();
  });
});

describe("stopping", () => {
  test("agents are asked to reconnect, watchers are ended, and nothing answers any more", async () => {
    const own = await TestServer.start({ SLUICE_SERVER_DRAIN_SECONDS: "0.3" });
    await own.client.createWorkPool({ name: "pool", type: "process" });
    await own.client.applyDeployment({
      flowName: "flow",
      name: "one",
      workPoolName: "pool",
      jobVariablesJson: '{"command": "true"}',
    });
    const run = await own.client.createFlowRun({
      deployment: "flow/one",
      scheduledTime: new Date(Date.now() + 3_600_000),
    });
    const agent = own.session();
    await agent.hello();
    const watch = own.client.flowRuns.watchFlowRun({ flowRunId: run.id, includeLogs: false });
    const ended = new Promise<ServiceError>((resolve) => watch.on("error", resolve));
    await new Promise((resolve) => watch.once("data", resolve));
    const stopping = own.stop();
    expect((await agent.next("reconnect")).reason).toContain("shutting down");
    expect((await agent.failure()).code).toBe(14);
    expect((await ended).code).toBe(14);
    await stopping;
    await rejection(fetch(own.url));
    await own[Symbol.asyncDispose]();
  });
});

describe("runs created together", () => {
  test("are created or refused each for itself, in order, and a key finds its run again", async () => {
    await server.client.createWorkPool({ name: "together", type: "process" });
    const { id: deployment } = await server.client.applyDeployment({
      flowName: "together",
      name: "one",
      workPoolName: "together",
      jobVariablesJson: '{"command": "true"}',
    });
    const ask = (): Promise<CreateFlowRunsResponse> =>
      server.client.unary((...rest) =>
        server.client.flowRuns.createFlowRuns(
          {
            requests: [
              { deployment, idempotencyKey: "a key" },
              { deployment: "together/absent" },
              { deployment, parametersJson: "[]" },
              { deployment },
            ].map((fields) => CreateFlowRunRequest.fromPartial(fields)),
          },
          ...rest,
        ),
      );
    const [first, absent, wrong, last] = (await ask()).results.map(({ outcome }) => outcome);
    expect(first).toMatchObject({ $case: "created", value: { created: true } });
    expect(last).toMatchObject({ $case: "created", value: { created: true } });
    expect(absent).toMatchObject({ $case: "refused", value: { code: 5 } });
    expect(wrong).toMatchObject({ $case: "refused", value: { code: 3 } });
    expect(wrong?.$case === "refused" && wrong.value.message).toContain("parameters_json");

    const [again] = (await ask()).results.map(({ outcome }) => outcome);
    expect(again).toMatchObject({ $case: "created", value: { created: false } });
    expect(first?.$case === "created" && first.value.flowRunId).toBe(
      again?.$case === "created" && again.value.flowRunId,
    );
  });

  test("are 1 to 100 in a call", async () => {
    for (const count of [0, 101]) {
      const requests = Array.from({ length: count }, () => ({ deployment: "together/one" }));
      const error = await failureOf(server.client.createFlowRuns(requests));
      expect(error.code).toBe(3);
      expect(detailOf(error, "BadRequest", BadRequest)?.fieldViolations[0]?.field).toBe("requests");
    }
  });
});
