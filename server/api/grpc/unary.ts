import type { handleUnaryCall } from "@grpc/grpc-js";
import { describeFailure } from "#server/api/failure.ts";
import type { Logger } from "#shared/logger.ts";
import { toStatus } from "./error-mapping.ts";

/** A unary method from a function: what it throws becomes the status of the call. */
export type Unary = <Request, Response>(
  answer: (request: Request) => Promise<Response>,
) => handleUnaryCall<Request, Response>;

/** Makes unary methods whose failures inside the server go to this log. */
export function createUnary(logger: Logger): Unary {
  return (answer) => (call, callback) => {
    answer(call.request).then(
      (response) => callback(null, response),
      (error: unknown) => callback(toStatus(describeFailure(error, logger))),
    );
  };
}
