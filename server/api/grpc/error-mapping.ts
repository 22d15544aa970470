import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo } from "#proto/google/rpc/error_details.ts";
import { Status } from "#proto/google/rpc/status.ts";
import { type AppError, grpcCode } from "#shared/errors.ts";

/** Who defines the reasons in ErrorInfo. */
const ERROR_DOMAIN = "sluice";

/** Longest text in a status: it travels in a header, whose size clients bound. */
const MAX_TEXT = 1_500;
const MAX_VIOLATIONS = 10;

/** A gRPC status as handlers hand it to the transport. */
export type StatusError = Pick<ServiceError, "code" | "details" | "metadata">;

/**
 * The status of a refusal: its code, its sentence and, in `grpc-status-details-bin`, a
 * google.rpc.Status with the reason and the bad fields.
 */
export function toStatus(error: AppError): StatusError {
  const status = toRpcStatus(error);
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(Status.encode(status).finish()));
  return { code: status.code, details: status.message, metadata };
}

/** The same as a message, for answers that tell of several refusals. */
export function toRpcStatus(error: AppError): Status {
  const code = grpcCode(error.reason);
  const message = bounded(error.message);
  const details = [
    any("google.rpc.ErrorInfo", ErrorInfo, {
      reason: error.reason.toUpperCase(),
      domain: ERROR_DOMAIN,
      metadata: boundedValues(error.metadata),
    }),
  ];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.slice(0, MAX_VIOLATIONS).map((violation) => ({
      field: bounded(violation.field),
      description: bounded(violation.description),
    }));
    details.push(any("google.rpc.BadRequest", BadRequest, { fieldViolations }));
  }
  return { code, message, details };
}

function any<T>(
  name: string,
  codec: { encode(message: T): { finish(): Uint8Array } },
  message: T,
): { typeUrl: string; value: Buffer } {
  return {
    typeUrl: `type.googleapis.com/${name}`,
    value: Buffer.from(codec.encode(message).finish()),
  };
}

function boundedValues(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, bounded(text)]));
}

/** The text, cut to what a header takes. The transport cannot encode half of a surrogate pair. */
function bounded(text: string): string {
  const cut =
    text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT).replace(/[\uD800-\uDBFF]$/, "")}…`;
  return cut.toWellFormed();
}
