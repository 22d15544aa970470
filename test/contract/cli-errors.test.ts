import { describe, expect, test } from "bun:test";
import type { sendUnaryData } from "@grpc/grpc-js";
import { runCli } from "#cli/program.ts";
import type { GetServerInfoResponse } from "#proto/sluice/v1/server_service.ts";
import { toStatus } from "#server/api/grpc/error-mapping.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { capture } from "#test/support/captured-cli.ts";
import { StandInControlPlane } from "#test/support/stand-in-control-plane.ts";

const NOBODY = { SLUICE_GRPC_URL: "http://127.0.0.1:1", SLUICE_HOME: "/nonexistent" };
const POOL_LS = ["work-pool", "ls"];

function refusing(error: AppError): Promise<StandInControlPlane> {
  return StandInControlPlane.start({
    workPools: { listWorkPools: (_, reply) => reply(toStatus(error)) },
  });
}

describe("an error of a call", () => {
  test("without a server names the address and how to start one, and shows no stack", async () => {
    const cli = capture({ environment: NOBODY });
    expect(await runCli(POOL_LS, cli.surroundings)).toBe(1);
    expect(cli.out()).toBe("");
    expect(cli.err()).toStartWith(
      "Error: cannot reach the control plane at http://127.0.0.1:1: connection refused\n",
    );
    expect(cli.err()).toContain("sluice server start");
    expect(cli.err()).not.toContain("    at ");
  });

  test("has its stack with SLUICE_DEBUG=1", async () => {
    const cli = capture({ environment: { ...NOBODY, SLUICE_DEBUG: "1" } });
    expect(await runCli(POOL_LS, cli.surroundings)).toBe(1);
    expect(cli.err()).toContain("    at ");
  });

  test("lists every bad field once", async () => {
    const two = new AppError("invalid_argument", "the request has 2 bad fields", {
      violations: [
        { field: "name", description: "'a/b' contains '/'" },
        { field: "type", description: "is empty" },
      ],
    });
    await using plane = await refusing(two);
    const cli = capture({ environment: plane.environment });
    expect(await runCli(POOL_LS, cli.surroundings)).toBe(1);
    expect(cli.err()).toBe(
      "Error: the request has 2 bad fields\n  name: 'a/b' contains '/'\n  type: is empty\n",
    );
  });

  test("of one field is not said twice", async () => {
    await using plane = await refusing(invalidField("name", "is empty"));
    const cli = capture({ environment: plane.environment });
    await runCli(POOL_LS, cli.surroundings);
    expect(cli.err()).toBe("Error: name: is empty\n");
  });

  test("calls a field of JSON as flags and files do", async () => {
    await using plane = await refusing(invalidField("parameters_json.n", "must be integer"));
    const cli = capture({ environment: plane.environment });
    await runCli(POOL_LS, cli.surroundings);
    expect(cli.err()).toBe("Error: parameters.n: must be integer\n");
  });

  test("of a port that speaks HTTP says so, in one line without the transport's words", async () => {
    const web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const cli = capture({
      environment: { ...NOBODY, SLUICE_GRPC_URL: `http://127.0.0.1:${web.port}` },
    });
    try {
      expect(await runCli(POOL_LS, cli.surroundings)).toBe(1);
    } finally {
      await web.stop(true);
    }
    expect(cli.err()).toContain("what answers there is not gRPC over this scheme\n");
    expect(cli.err()).not.toContain("Resolution note");
  });

  test("of a message that is too large tells both sizes", async () => {
    await using plane = await StandInControlPlane.start({});
    const cli = capture({ environment: plane.environment });
    const large = JSON.stringify({ text: "x".repeat(5 * 1024 * 1024) });
    const words = ["deployment", "run", "a/b", "--params", large];
    expect(await runCli(words, cli.surroundings)).toBe(1);
    expect(cli.err()).toMatch(/takes 524\d+ bytes; the control plane takes at most 4194304/);
  });

  test("of a server that is there but cannot serve is told in the server's words", async () => {
    await using plane = await refusing(
      new AppError("database_unavailable", "the database is away"),
    );
    const cli = capture({ environment: plane.environment });
    expect(await runCli(POOL_LS, cli.surroundings)).toBe(1);
    expect(cli.err()).toBe("Error: the database is away\n");
  });

  test("of a missing key names the variable, and a key is never shown", async () => {
    const error = new AppError("unauthenticated", "an API key is needed");
    await using plane = await refusing(error);
    const without = capture({ environment: plane.environment });
    await runCli(POOL_LS, without.surroundings);
    expect(without.err()).toContain("set SLUICE_API_KEY");
    const wrong = capture({ environment: { ...plane.environment, SLUICE_API_KEY: "hidden" } });
    await runCli(POOL_LS, wrong.surroundings);
    expect(wrong.err()).toContain("was not accepted");
    expect(wrong.err()).not.toContain("hidden");
  });

  test("of a server that does not know the call points at versions", async () => {
    await using plane = await StandInControlPlane.start({});
    const cli = capture({ environment: plane.environment });
    expect(await runCli(POOL_LS, cli.surroundings)).toBe(1);
    expect(cli.err()).toContain("does not know this call");
  });
});

test("the key is sent as a bearer token", async () => {
  let sent: unknown;
  await using plane = await StandInControlPlane.start({
    workPools: {
      listWorkPools: (call, reply) => {
        sent = call.metadata.get("authorization");
        reply(null, { workPools: [], nextPageToken: "" });
      },
    },
  });
  const cli = capture({ environment: { ...plane.environment, SLUICE_API_KEY: "k-1" } });
  expect(await runCli([...POOL_LS, "-o", "json"], cli.surroundings)).toBe(0);
  expect(sent).toEqual(["Bearer k-1"]);
  expect(cli.out()).toBe("[]\n");
});

describe("wrong usage ends with 2 and a sentence", () => {
  test.each([
    [["depoy"], "unknown command 'depoy'\n  Did you mean deploy?\n  See `sluice --help`.\n"],
    [["flow-run", "lgos"], "Did you mean logs?"],
    [["flow-run", "ls", "--limt", "5"], "Did you mean --limit?"],
    [
      ["flow-run", "logs"],
      "missing required argument 'run'\n  See `sluice flow-run logs --help`.\n",
    ],
    [["flow-run", "ls", "more"], "too many arguments for 'ls'"],
    [["flow-run", "ls", "--limit"], "argument missing"],
    [["flow-run", "watch", "x", "--timeout", "soon"], "'soon' is not a number"],
    [["work-pool", "create", "a/b"], "'a/b' contains '/'"],
    [["work-pool", "ls", "-o", "yaml"], "Allowed choices are json"],
    [["flow-run", "ls", "--state-type", "DONE"], "It must be one of SCHEDULED, PENDING"],
    [["flow-run", "ls", "--state", "Done"], "must be one of Scheduled, Late, AwaitingRetry"],
    [["flow-run", "ls", "--state", "Done"], "--state-type takes SCHEDULED, PENDING, RUNNING"],
    [["flow-run", "logs", "x", "--head", "1", "--tail", "1"], "cannot be used with"],
    [["flow-run", "logs", "x", "--follow", "--reverse"], "cannot be used with"],
    [["deployment", "run", "a/b", "--param", "x"], "write key=value"],
    [["deployment", "run", "a/b", "--params", '{"a": }'], "not JSON at line 1, column 7"],
    [["deployment", "run", "a/b", "--params", "[]"], "must be a JSON object"],
    [["deployment", "run", "a/b", "--start-in", "soon"], "is not a span"],
    [
      ["deployment", "run", "a/b", "--start-in", "5m", "--start-at", "2030-01-01"],
      "cannot be used with",
    ],
    [["work-pool", "create"], "missing required argument 'name'"],
    [["work-pool", "create", "x", "--concurrency-limit", "3000000000"], "at most 2147483647"],
    [["work-pool", "create", "x", "--lost-policy", "pray"], "Allowed choices are crash, keep"],
    [["work-pool", "create", "x", "--base-job-template", "/no/such"], "/no/such cannot be read"],
    [["deploy", "/no/such.yaml"], "/no/such.yaml: there is no such file"],
    [["deploy", "--pool", "x"], "--pool: only with --command"],
    [["deploy", "--command", "c", "--pool", "p"], "one name of the form FLOW/DEPLOYMENT"],
    [["deploy", "--command", "c", "--name", "a/b"], "--pool: with --command"],
    [["--profile", "none", "work-pool", "ls"], "there is no profile 'none'"],
  ])("%p: %p", async (words, expected) => {
    const cli = capture({ environment: NOBODY });
    expect(await runCli(words, cli.surroundings)).toBe(2);
    expect(cli.err()).toStartWith("Error: ");
    expect(cli.err()).toContain(expected);
    expect(cli.out()).toBe("");
  });

  test("a group without a command shows its help on the error stream", async () => {
    const cli = capture();
    expect(await runCli(["flow-run"], cli.surroundings)).toBe(2);
    expect(cli.err()).toContain("Usage: sluice flow-run [options] [command]");
  });

  test("help that was asked for goes to standard output and is no error", async () => {
    const cli = capture();
    expect(await runCli(["flow-run", "logs", "--help"], cli.surroundings)).toBe(0);
    expect(cli.out()).toContain("Examples:");
    expect(cli.err()).toBe("");
  });
});

describe("version", () => {
  const version = async (plane?: StandInControlPlane): Promise<unknown> => {
    const cli = capture({ environment: plane?.environment ?? NOBODY });
    expect(await runCli(["version", "-o", "json"], cli.surroundings)).toBe(0);
    return JSON.parse(cli.out());
  };

  test("tells the server's version where there is one", async () => {
    await using plane = await StandInControlPlane.start({
      server: {
        getServerInfo: (_, reply) =>
          reply(null, {
            version: "9.9.9",
            schemaVersion: 1,
            replicaId: "r",
            startedAt: new Date(0),
            embeddedDatabase: true,
          }),
      },
    });
    expect(await version(plane)).toMatchObject({ server: "9.9.9", url: plane.url });
  });

  test("is not an error without a server", async () => {
    expect(await version()).toMatchObject({ server: null });
  });

  test("does not wait for a server that never answers", async () => {
    const unanswered: sendUnaryData<GetServerInfoResponse>[] = [];
    await using plane = await StandInControlPlane.start({
      server: { getServerInfo: (_, reply) => void unanswered.push(reply) },
    });
    const begin = performance.now();
    expect(await version(plane)).toMatchObject({ server: null });
    expect(unanswered).toHaveLength(1);
    expect(performance.now() - begin).toBeLessThan(2_500);
  });
});
