import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import type { Audience, Authorize } from "#server/api/authorize.ts";
import { toStatus } from "./error-mapping.ts";

/** Refuses a call before any of it is read, unless its `authorization` is good for its service. */
export function createAuthInterceptor(authorize: Authorize): ServerInterceptor {
  return (method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => {
            const authorization = metadata.get("authorization")[0]?.toString();
            const refusal = authorize(audienceOf(method.path), authorization);
            if (refusal === null) proceed(metadata);
            else call.sendStatus(toStatus(refusal));
          },
        }),
    });
}

function audienceOf(path: string): Audience {
  if (path.startsWith("/grpc.health.v1.Health/")) return "anyone";
  if (path.startsWith("/sluice.v1.AgentService/")) return "agents";
  return "clients";
}
