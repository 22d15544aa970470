import { status, type ServiceError } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo } from "#proto/google/rpc/error_details.ts";
import { Status } from "#proto/google/rpc/status.ts";
import { RemoteError } from "./cli-error.ts";
import type { Connection } from "./connection.ts";

interface Details {
  /** Why, for programs; undefined if it was not the control plane that answered. */
  readonly reason: string | undefined;
  readonly violations: readonly { readonly field: string; readonly description: string }[];
}

/** Whether a call failed, and not something around it. */
export function isServiceError(error: unknown): error is ServiceError {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "number" &&
    error.code in status &&
    "details" in error &&
    "metadata" in error
  );
}

/** A failed call in words: what was wrong, field by field, and what to do about it. */
export function explainServiceError(error: ServiceError, connection: Connection): RemoteError {
  const { reason, violations } = detailsOf(error);
  const fields = violations
    .map(({ field, description }) => `${field}: ${description}`)
    .filter((line) => line !== error.details)
    .map(withoutJsonSuffix);
  // A server that stops may end calls as cancelled or, when it is killed, with a reset stream.
  const connectionLost =
    error.code === status.UNAVAILABLE ||
    error.code === status.CANCELLED ||
    (error.code === status.INTERNAL && reason === undefined);
  const refuse = (message: string, ...hints: string[]): RemoteError =>
    new RemoteError(message, { hints: [...fields, ...hints], cause: error, connectionLost });

  if (error.code === status.UNAVAILABLE && reason === undefined) {
    return refuse(
      `cannot reach the control plane at ${connection.url}: ${networkReason(error.details)}`,
      ...reachingHints(connection),
    );
  }
  if (error.code === status.UNAUTHENTICATED) {
    return refuse(
      error.details || "the control plane wants an API key",
      connection.apiKey === undefined
        ? "No API key was sent; set SLUICE_API_KEY, in the environment or in a profile."
        : "The API key in SLUICE_API_KEY was not accepted.",
    );
  }
  if (error.code === status.DEADLINE_EXCEEDED) {
    return refuse(
      `no answer from the control plane at ${connection.url} in time`,
      "What was asked for may have been done; look before repeating it.",
    );
  }
  if (error.code === status.UNIMPLEMENTED) {
    return refuse(
      `the control plane at ${connection.url} does not know this call`,
      "Is it of another version? See `sluice version`. Is it the gRPC port?",
    );
  }
  const [, size, most] =
    /^Received message larger than max \((\d+) vs (\d+)\)/.exec(error.details) ?? [];
  if (size !== undefined) {
    return refuse(
      `what was to be sent takes ${size} bytes; the control plane takes at most ${most} in one call`,
      "Pass large data by reference, such as the path of a file.",
    );
  }
  if (error.code === status.INTERNAL && reason === undefined) {
    const message = `the call to ${connection.url} failed: ${error.details}`;
    return refuse(message, ...reachingHints(connection));
  }
  const said = withoutJsonSuffix(error.details);
  return refuse(said || `the control plane answered ${status[error.code]}`);
}

/** The contract sends objects as JSON text; here the field is called as flags and files call it. */
function withoutJsonSuffix(line: string): string {
  return line.replace(/^([a-z_]+)_json(?=[.:[])/, "$1");
}

function reachingHints(connection: Connection): string[] {
  const hints = [
    "Start one with `sluice server start`, or point SLUICE_GRPC_URL or a profile at one.",
  ];
  if (connection.onlyHttpChosen) {
    hints.push(
      "The gRPC address was taken to be one port above SLUICE_API_URL; if it is not, set SLUICE_GRPC_URL.",
    );
  }
  return hints;
}

function networkReason(details: string): string {
  const known: readonly (readonly [RegExp, string])[] = [
    [/ECONNREFUSED/, "connection refused"],
    [/Protocol error|Failed to connect/, "what answers there is not gRPC over this scheme"],
    [/ENOTFOUND|EAI_AGAIN|Name resolution failed/i, "the host name is not known"],
    [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, "the host does not answer"],
    [
      /self.signed|unable to (verify|get)|UNABLE_TO|certificate/i,
      `its certificate is not trusted (${details})`,
    ],
  ];
  return known.find(([pattern]) => pattern.test(details))?.[1] ?? details;
}

function detailsOf(error: ServiceError): Details {
  let reason: string | undefined;
  const violations: { field: string; description: string }[] = [];
  for (const packed of error.metadata?.get("grpc-status-details-bin") ?? []) {
    if (typeof packed === "string") continue;
    try {
      for (const detail of Status.decode(packed).details) {
        if (detail.typeUrl.endsWith("/google.rpc.ErrorInfo")) {
          reason = ErrorInfo.decode(detail.value).reason;
        }
        if (detail.typeUrl.endsWith("/google.rpc.BadRequest")) {
          violations.push(...BadRequest.decode(detail.value).fieldViolations);
        }
      }
    } catch {
      // Details that cannot be read are left out; code and message still say what happened.
    }
  }
  return { reason, violations };
}
