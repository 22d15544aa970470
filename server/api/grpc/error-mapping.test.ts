import { describe, expect, test } from "bun:test";
import { BadRequest, ErrorInfo } from "#proto/google/rpc/error_details.ts";
import { Status } from "#proto/google/rpc/status.ts";
import { describeFailure } from "#server/api/failure.ts";
import { AppError, GRPC_CODE, invalidField } from "#shared/errors.ts";
import { createLogger, silentLogger } from "#shared/logger.ts";
import { type StatusError, toStatus } from "./error-mapping.ts";

function detailsOf(status: StatusError): Status {
  const [details] = status.metadata.get("grpc-status-details-bin");
  if (!(details instanceof Buffer)) throw new Error("no details were sent");
  return Status.decode(details);
}

describe("error mapping", () => {
  test("a refusal carries its reason in capitals, its domain and its bad fields", () => {
    const status = toStatus(invalidField("name", "'a/b' contains '/'"));
    expect(status.code).toBe(GRPC_CODE.INVALID_ARGUMENT);
    expect(status.details).toBe("name: 'a/b' contains '/'");
    const [info, bad] = detailsOf(status).details;
    expect(info?.typeUrl).toBe("type.googleapis.com/google.rpc.ErrorInfo");
    expect(ErrorInfo.decode(info?.value ?? Buffer.alloc(0))).toEqual({
      reason: "INVALID_ARGUMENT",
      domain: "sluice",
      metadata: {},
    });
    expect(BadRequest.decode(bad?.value ?? Buffer.alloc(0)).fieldViolations).toEqual([
      { field: "name", description: "'a/b' contains '/'" },
    ]);
  });

  test("a sentence too long for a header is cut", () => {
    const status = toStatus(new AppError("not_found", "x".repeat(100_000)));
    expect(status.details.length).toBeLessThan(2_000);
  });

  test("no character is cut in half: the transport could not encode it, and would throw", () => {
    for (const text of [
      "🦥".repeat(1_000),
      `x${"🦥".repeat(1_000)}`,
      "half: \uD83E",
      "\uDDA5 half",
    ]) {
      const { details } = toStatus(invalidField("name", text));
      expect(details.isWellFormed()).toBe(true);
    }
    expect(toStatus(invalidField("name", `x${"🦥".repeat(1_000)}`)).details).toEndWith("🦥…");
  });

  test("a name of any length in the metadata leaves the status fit for a header", () => {
    const metadata = { work_pool: "x".repeat(3_000_000) };
    const status = toStatus(new AppError("not_found", "There is none.", { metadata }));
    expect(detailsOf(status).details[0]?.value.length).toBeLessThan(2_000);
  });

  test.each([
    ["a refused connection", Object.assign(new Error("refused"), { code: "ECONNREFUSED" })],
    ["a socket that is gone", Object.assign(new Error(""), { code: "ENOENT", syscall: "connect" })],
    ["a server that stops", Object.assign(new Error("terminating"), { code: "57P01" })],
    ["a server that starts", Object.assign(new Error("starting up"), { code: "57P03" })],
    ["a transaction that was silent", Object.assign(new Error("idle"), { code: "25P03" })],
    ["a connection cut in a statement", new Error("Connection terminated unexpectedly")],
    ["no connection in time", new Error("timeout exceeded when trying to connect")],
    [
      "all addresses refused",
      new AggregateError([Object.assign(new Error(""), { code: "ECONNREFUSED" })]),
    ],
  ])("%s is UNAVAILABLE: the database is away", (_name, error) => {
    const failure = describeFailure(error, silentLogger);
    expect(failure.reason).toBe("database_unavailable");
    expect(toStatus(failure).code).toBe(GRPC_CODE.UNAVAILABLE);
  });

  test("anything else says nothing but an id, under which the log has the stack", () => {
    const lines: string[] = [];
    const logger = createLogger({
      level: "info",
      format: "json",
      write: (line) => lines.push(line),
    });
    const failure = describeFailure(new TypeError("secret inner text"), logger);
    expect(failure.reason).toBe("internal");
    const id = failure.metadata["error_id"] ?? "";
    expect(id).not.toBe("");
    expect(JSON.stringify(toStatus(failure))).not.toContain("secret inner text");
    expect(failure.message).toContain(id);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(id);
    expect(lines[0]).toContain("secret inner text");
    expect(lines[0]).toContain("error-mapping.test.ts");
  });

  test("a missing file is not a missing database", () => {
    const error = Object.assign(new Error("ENOENT: open"), { code: "ENOENT", syscall: "open" });
    expect(describeFailure(error, silentLogger).reason).toBe("internal");
  });
});
