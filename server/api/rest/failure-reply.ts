import { type AppError, httpStatus } from "#shared/errors.ts";
import { describeFailure } from "#server/api/failure.ts";
import type { Logger } from "#shared/logger.ts";
import { writeJson } from "./json-text.ts";
import type { ValidationIssue } from "./validation-errors.ts";

/** Seconds after which a client may try again when the control plane cannot answer. */
const RETRY_AFTER_SECONDS = 1;

/** A refusal of a request whose parts do not fit, with all that is wrong and what was sent. */
export class UnfitRequestError extends Error {
  override readonly name = "UnfitRequestError";
  readonly issues: readonly ValidationIssue[];
  readonly requestBody: unknown;

  constructor(issues: readonly ValidationIssue[], requestBody: unknown) {
    super("the request does not fit");
    this.issues = issues;
    this.requestBody = requestBody;
  }
}

/** An answer in JSON. */
export function jsonReply(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(writeJson(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

/** A short refusal in the form that clients know. */
export function detailReply(status: number, detail: string): Response {
  return jsonReply(status, { detail });
}

/** Anything thrown, as an answer: never with a stack, and what is internal only with the log's id. */
export function failureReply(error: unknown, logger: Logger): Response {
  if (error instanceof UnfitRequestError) {
    return jsonReply(422, {
      exception_message: "Invalid request received.",
      exception_detail: error.issues,
      request_body: error.requestBody,
    });
  }
  return refusalReply(describeFailure(error, logger));
}

/** A refusal as an answer. */
export function refusalReply(error: AppError): Response {
  const status = httpStatus(error.reason);
  if (error.reason === "internal") {
    const body = { exception_message: "Internal Server Error", ...error.metadata };
    return jsonReply(status, body);
  }
  if (error.reason === "unauthenticated") {
    return jsonReply(
      status,
      { exception_message: "Unauthorized", detail: error.message },
      { "www-authenticate": 'Bearer realm="sluice"' },
    );
  }
  const retry = status === 503 ? { "retry-after": String(RETRY_AFTER_SECONDS) } : undefined;
  const violations = error.violations.map(({ field, description }) => ({
    field: inRestWords(field),
    description,
  }));
  return jsonReply(
    status,
    {
      detail: inRestWords(error.message),
      reason: error.reason.toUpperCase(),
      ...(violations.length > 0 ? { violations } : {}),
    },
    retry,
  );
}

/** Fields that hold JSON as text in gRPC, such as `base_job_template_json`, hold JSON here. */
function inRestWords(text: string): string {
  return text.replace(/^(\w+)_json\b/, "$1");
}
