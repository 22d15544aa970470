import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { runCli } from "#cli/program.ts";
import { WorkPoolServiceService } from "#proto/sluice/v1/work_pool_service.ts";
import { capture } from "#test/support/captured-cli.ts";

/** A certificate for localhost and 127.0.0.1, good for a hundred years and for nothing but tests. */
const FOLDER = join(import.meta.dir, "../support/tls");
const CERTIFICATE = join(FOLDER, "certificate.pem");

const server = new Server();
let port = 0;

beforeAll(async () => {
  const calls: UntypedServiceImplementation = {
    listWorkPools: (_: unknown, reply: (error: null, answer: object) => void) =>
      reply(null, { workPools: [], nextPageToken: "" }),
  };
  server.addService(WorkPoolServiceService, calls);
  const pair = {
    cert_chain: readFileSync(CERTIFICATE),
    private_key: readFileSync(join(FOLDER, "key.pem")),
  };
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync("0.0.0.0:0", ServerCredentials.createSsl(null, [pair]), (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  );
  port = await promise;
});

afterAll(() => server.forceShutdown());

async function listPools(host: string): Promise<{ code: number; err: string }> {
  const cli = capture({
    environment: {
      SLUICE_GRPC_URL: `https://${host}:${port}`,
      SLUICE_TLS_CA_FILE: CERTIFICATE,
      SLUICE_HOME: "/nonexistent",
    },
  });
  const code = await runCli(["work-pool", "ls", "-o", "json"], cli.surroundings);
  return { code, err: cli.err() };
}

test.each(["localhost", "127.0.0.1"])("a control plane with TLS is reached at %p", async (host) => {
  expect(await listPools(host)).toEqual({ code: 0, err: "" });
});

test("an address that its certificate does not name is refused", async () => {
  const { code, err } = await listPools("127.0.0.2");
  expect(code).toBe(1);
  expect(err).toContain("certificate");
});
