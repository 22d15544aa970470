import { AppError } from "#shared/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "#shared/json.ts";
import { UnfitRequestError } from "./failure-reply.ts";
import type { RequestSchemas } from "./openapi.ts";
import type { RestRequest, Route } from "./route.ts";
import type { Validator } from "./validator.ts";

/** What a route is asked with, before anything of it is checked. */
export interface RawRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly request: Request;
}

/** Whether a part of the path that must be an id is none: then there is no such path. */
export function isUnknownPath(schemas: RequestSchemas, params: RawRequest["params"]): boolean {
  const { properties = {} } = schemas.params;
  return Object.entries(params).some(([name, value]) => {
    const property = isJsonObject(properties) ? properties[name] : undefined;
    const isId = isJsonObject(property) && property["format"] === "uuid";
    return isId && !/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value);
  });
}

/** The request as its handler sees it. Throws an UnfitRequestError that says all that is wrong. */
export async function readRequest(
  route: Route,
  schemas: RequestSchemas,
  validator: Validator,
  { params, request }: RawRequest,
): Promise<RestRequest<unknown, unknown, unknown>> {
  const { operationId } = route;
  const text = route.body === null ? "" : await request.text();
  const sent = route.body === null ? undefined : readBody(route, text);
  const url = new URL(request.url);
  const checked = {
    path: validator.check(operationId, "path", lowerCaseIds(schemas.params, params)),
    query: validator.check(operationId, "query", readQuery(schemas.query, url.searchParams)),
    body: validator.check(operationId, "body", sent),
  };
  const issues = Object.values(checked).flatMap((part) => (part.ok ? [] : part.issues));
  if (!checked.path.ok || !checked.query.ok || !checked.body.ok) {
    // Read again: what is answered is what was sent, not what was made of it.
    throw new UnfitRequestError(issues, text === "" ? null : JSON.parse(text));
  }
  return {
    params: checked.path.value,
    query: checked.query.value,
    body: checked.body.value,
    text,
    headers: request.headers,
  };
}

function readBody(route: Route, text: string): unknown {
  if (text.trim() === "") {
    if (!route.bodyRequired) return {};
    const missing = { type: "missing", loc: ["body"], msg: "Field required", input: null };
    throw new UnfitRequestError([missing], null);
  }
  try {
    return parseJson("body", text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const why = error.violations[0]?.description ?? error.message;
    const issue = {
      type: "json_invalid",
      loc: ["body"],
      msg: "JSON decode error",
      input: {},
      ctx: { error: why },
    };
    throw new UnfitRequestError([issue], text);
  }
}

/** Ids are compared as text in some places; the database writes them in lower case. */
function lowerCaseIds(schema: JsonObject, params: RawRequest["params"]): Record<string, string> {
  const { properties = {} } = schema;
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const property = isJsonObject(properties) ? properties[name] : undefined;
      const isId = isJsonObject(property) && property["format"] === "uuid";
      return [name, isId ? value.toLowerCase() : value];
    }),
  );
}

/** The query's parameters that the schema names, with numbers and booleans read as such. */
function readQuery(schema: JsonObject, given: URLSearchParams): Record<string, unknown> {
  const { properties = {} } = schema;
  if (!isJsonObject(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) => {
      const value = given.get(name);
      if (value === null) return [];
      const type = isJsonObject(property) ? property["type"] : undefined;
      if (type === "array") return [[name, given.getAll(name)]];
      return [[name, readParameter(type, value)]];
    }),
  );
}

function readParameter(type: unknown, value: string): unknown {
  if (type === "boolean" && /^(true|1|false|0)$/i.test(value)) return /^(true|1)$/i.test(value);
  if ((type === "integer" || type === "number") && /^-?\d+(\.\d+)?$/.test(value)) {
    return Number(value);
  }
  return value;
}
