import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { credentials, Metadata, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  HealthCheckResponse_ServingStatus as Status,
  HealthClient,
  HealthService,
} from "#proto/grpc/health/v1/health.ts";
import {
  ServerReflectionClient,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from "#proto/grpc/reflection/v1/reflection.ts";
import {
  ServerReflectionClient as AlphaClient,
  ServerReflectionService as AlphaService,
} from "#proto/grpc/reflection/v1alpha/reflection.ts";
import { createAuthorize } from "#server/api/authorize.ts";
import { eventually } from "#test/support/eventually.ts";
import { createAuthInterceptor } from "./auth-interceptor.ts";
import { createHealthService, Health } from "./health-service.ts";
import { createReflectionService } from "./reflection-service.ts";

const KEY = "operator-key";
const health = new Health();
const authorize = createAuthorize({ apiKey: KEY, agentToken: "agent-token" });
const server = new Server({ interceptors: [createAuthInterceptor(authorize)] });
let address = "";

beforeAll(async () => {
  server.addService(HealthService, createHealthService(health));
  server.addService(ServerReflectionService, createReflectionService());
  server.addService(AlphaService, createReflectionService());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  address = `127.0.0.1:${port}`;
});

afterAll(() => {
  health.close();
  server.forceShutdown();
});

function withKey(key: string): Metadata {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${key}`);
  return metadata;
}

/** Asks one question over a stream of its own. */
function ask(
  question: ServerReflectionRequest["messageRequest"],
  options: { readonly alpha?: boolean; readonly key?: string } = {},
): Promise<ServerReflectionResponse["messageResponse"]> {
  const Client = options.alpha === true ? AlphaClient : ServerReflectionClient;
  const client = new Client(address, credentials.createInsecure());
  const call = client.serverReflectionInfo(withKey(options.key ?? KEY));
  return new Promise<ServerReflectionResponse["messageResponse"]>((resolve, reject) => {
    call.on("data", (response: ServerReflectionResponse) => resolve(response.messageResponse));
    call.on("error", reject);
    call.write({ host: "", messageRequest: question });
    call.end();
  }).finally(() => client.close());
}

describe("reflection", () => {
  test.each([false, true])("lists every service (alpha: %p)", async (alpha) => {
    const answer = await ask({ $case: "listServices", value: "" }, { alpha });
    if (answer?.$case !== "listServicesResponse") throw new Error(`answered ${answer?.$case}`);
    expect(answer.value.service.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "sluice.v1.AgentService",
        "sluice.v1.FlowRunService",
        "grpc.health.v1.Health",
      ]),
    );
  });

  test.each(["sluice.v1.AgentService", "sluice.v1.AgentService.Session", "sluice.v1.AgentHello"])(
    "%s comes with its file and all that it imports, readable as descriptors",
    async (value) => {
      const answer = await ask({ $case: "fileContainingSymbol", value });
      if (answer?.$case !== "fileDescriptorResponse") throw new Error(`answered ${answer?.$case}`);
      const files = answer.value.fileDescriptorProto.map((bytes) =>
        fromBinary(FileDescriptorProtoSchema, bytes),
      );
      expect(files[0]?.name).toBe("sluice/v1/agent_service.proto");
      const names = new Set(files.map(({ name }) => name));
      for (const imported of files.flatMap(({ dependency }) => dependency)) {
        expect(names).toContain(imported);
      }
    },
  );

  test("an unknown symbol or file is not found", async () => {
    for (const $case of ["fileContainingSymbol", "fileByFilename"] as const) {
      const answer = await ask({ $case, value: "nobody.Knows" });
      if (answer?.$case !== "errorResponse") throw new Error(`answered ${answer?.$case}`);
      expect(answer.value.errorCode).toBe(5);
      expect(answer.value.errorMessage).toContain("nobody.Knows");
    }
  });

  test("is closed to whoever has no key, and to agents", async () => {
    const question = { $case: "listServices", value: "" } as const;
    const refusals = ["wrong", "agent-token"].map((key) =>
      ask(question, { key }).catch((error: ServiceError) => error.code),
    );
    expect(await Promise.all(refusals)).toEqual([16, 7]);
  });
});

describe("health", () => {
  const check = (service: string): Promise<Status | number> => {
    const client = new HealthClient(address, credentials.createInsecure());
    return new Promise<Status | number>((resolve) => {
      client.check({ service }, (error, response) => resolve(error?.code ?? response.status));
    }).finally(() => client.close());
  };

  test("is open to everybody, for the whole server and for each service", async () => {
    health.setServing(true);
    expect(await check("")).toBe(Status.SERVING);
    expect(await check("sluice.v1.WorkPoolService")).toBe(Status.SERVING);
    expect(await check("sluice.v1.Nothing")).toBe(5);
  });

  test("a watch tells the status now and at each change", async () => {
    health.setServing(true);
    const client = new HealthClient(address, credentials.createInsecure());
    const watch = client.watch({ service: "sluice.v1.AgentService" });
    const heard: Status[] = [];
    watch.on("data", ({ status }: { status: Status }) => heard.push(status));
    watch.on("error", () => {});
    await eventually(() => heard.length === 1);
    health.setServing(false);
    await eventually(() => heard.length === 2);
    expect(heard).toEqual([Status.SERVING, Status.NOT_SERVING]);
    watch.cancel();
    client.close();
  });
});
