import { Type } from "typebox";
import { API_VERSION } from "./api-version.ts";
import { route, type Route } from "./route.ts";
import { AnyJson } from "./schema-types.ts";

const ROOT = { method: "get", tags: ["Root"] } as const;

/** What a client asks before it asks for anything. */
export const SERVER_ROUTES: readonly Route[] = [
  route({
    ...ROOT,
    path: "/health",
    name: "health_check",
    summary: "Whether the control plane runs; open to everybody",
    responses: { 200: Type.Boolean() },
    open: true,
    versioned: false,
    handler: () => ({ status: 200, body: true }),
  }),

  route({
    ...ROOT,
    path: "/ready",
    name: "perform_readiness_check",
    summary: "Whether the control plane can do its work; open to everybody",
    responses: { 200: AnyJson },
    open: true,
    handler: async ({ readReadiness }) => {
      const reasons = await readReadiness();
      return reasons.length === 0
        ? { status: 200, body: { message: "OK" } }
        : { status: 503, body: { message: reasons.join("; ") }, headers: { "retry-after": "1" } };
    },
  }),

  route({
    ...ROOT,
    path: "/hello",
    name: "hello",
    summary: "A greeting",
    responses: { 200: Type.String() },
    handler: () => ({ status: 200, body: "Hello from Sluice" }),
  }),

  route({
    ...ROOT,
    path: "/version",
    name: "server_version",
    summary: "The API version that is spoken",
    responses: { 200: Type.String() },
    versioned: false,
    handler: () => ({ status: 200, body: API_VERSION }),
  }),

  route({
    method: "get",
    tags: ["Admin"],
    path: "/admin/version",
    name: "read_version",
    summary: "The version of the Prefect server that this control plane passes for",
    responses: { 200: Type.String() },
    handler: ({ settings }) => ({ status: 200, body: settings.reportedVersion }),
  }),
];
