import type { TSchema } from "typebox";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "#shared/json.ts";
import { VERSION } from "#shared/version.ts";
import { Components } from "./components.ts";
import { FAILURES } from "./failure-schemas.ts";
import type { Route } from "./route.ts";

/** The document, and where in it the schemas of a route's request stand. */
export interface OpenApi {
  readonly document: JsonObject;
  readonly requests: ReadonlyMap<string, RequestSchemas>;
}

/** Schemas of a route's request, with references into the document. */
export interface RequestSchemas {
  readonly params: JsonObject;
  readonly query: JsonObject;
  readonly body: JsonObject | null;
}

/** The table as OpenAPI 3.1. Throws if two different schemas have the same name. */
export function buildOpenApi(routes: readonly Route[]): OpenApi {
  const components = new Components();
  const paths: Record<string, Record<string, JsonValue>> = {};
  const requests = new Map<string, RequestSchemas>();
  for (const route of routes) {
    const schemas: RequestSchemas = {
      params: components.reference(route.params),
      query: components.reference(route.query),
      body: route.body === null ? null : components.reference(bodySchema(route, route.body)),
    };
    requests.set(route.operationId, schemas);
    const operations = (paths[route.path] ??= {});
    operations[route.method] = operation(route, schemas, components);
  }
  const document: JsonObject = {
    openapi: "3.1.0",
    info: {
      title: "Sluice",
      version: VERSION,
      description:
        "The REST face of the control plane: what unmodified Prefect clients speak. Programs of Sluice itself speak gRPC.",
    },
    servers: [{ url: "/api" }],
    security: [{ bearer: [] }, { basic: [] }],
    paths,
    components: {
      schemas: components.all(),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic" },
      },
    },
  };
  return { document, requests };
}

/** A body without a name of its own gets the one that it has in the reference contract. */
function bodySchema(route: Route, body: TSchema): TSchema {
  return "$id" in body || !("properties" in body)
    ? body
    : { ...body, $id: `Body_${route.operationId}` };
}

function operation(route: Route, schemas: RequestSchemas, components: Components): JsonObject {
  const { tags, summary, operationId, bodyRequired, open, versioned } = route;
  const version = {
    in: "header",
    name: "x-prefect-api-version",
    required: false,
    schema: { type: "string" },
  };
  const parameters = [
    ...parametersOf("path", schemas.params),
    ...parametersOf("query", schemas.query),
    ...parametersOf("header", components.reference(route.headers)),
    ...(versioned ? [version] : []),
  ];
  const responses = Object.entries(route.responses).map(([status, schema]): [string, JsonValue] => [
    status,
    describe(Number(status), schema === null ? null : components.reference(schema)),
  ]);
  const failures = Object.entries(FAILURES)
    .filter(([status]) => !(status in route.responses) && !(status === "401" && open))
    .map(([status, schema]): [string, JsonValue] => [
      status,
      describe(Number(status), components.reference(schema)),
    ]);
  return {
    tags: [...tags],
    summary,
    operationId,
    ...(open ? { security: [] } : {}),
    parameters,
    ...(schemas.body === null
      ? {}
      : { requestBody: { required: bodyRequired, content: json(schemas.body) } }),
    responses: Object.fromEntries([...responses, ...failures]),
  };
}

const MEANINGS: Readonly<Record<number, string>> = {
  200: "Done",
  201: "Created",
  202: "Taken on",
  204: "Done; there is nothing to answer",
  401: "Credentials are missing or wrong",
  404: "There is no such thing",
  422: "The request does not fit; the answer says where",
  503: "The control plane does not serve right now; try again after `Retry-After` seconds",
};

function describe(status: number, schema: JsonObject | null): JsonObject {
  const description = MEANINGS[status] ?? (status < 400 ? "Done" : "Refused");
  return schema === null ? { description } : { description, content: json(schema) };
}

function json(schema: JsonObject): JsonObject {
  return { "application/json": { schema } };
}

function parametersOf(place: "path" | "query" | "header", schema: JsonObject): JsonObject[] {
  const { properties = {}, required = [] } = schema;
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).map(([name, property]) => ({
    in: place,
    name,
    required: isJsonArray(required) && required.includes(name),
    schema: property,
  }));
}
