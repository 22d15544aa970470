import { type Static, type TSchema, Type } from "typebox";
import type { RestContext } from "./context.ts";

/** How a route is asked. */
export type Method = "get" | "post" | "put" | "patch" | "delete";

/** A request whose parts fit the route's schemas. */
export interface RestRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The body as it was sent, for what must be kept to the letter. */
  readonly text: string;
  readonly headers: Headers;
}

/** What a handler answers. Without a body nothing is sent, as 204 wants it. */
export interface RestReply {
  /** One of the route's `responses`. */
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Common {
  readonly method: Method;
  /** Below `/api`, as `/work_pools/{name}`; both forms of a trailing slash are answered. */
  readonly path: string;
  /** As `read_work_pool`; with path and method it makes the operation's id. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly summary: string;
  /** Schema of the body by status, null where there is none. The lowest is the usual one. */
  readonly responses: Readonly<Record<number, TSchema | null>>;
  /** Headers that the handler looks at, as an object schema for the document; not checked. */
  readonly headers?: TSchema;
  /** Answered without credentials, also while the control plane starts. */
  readonly open?: boolean;
  /** False: the client's API version is not looked at. */
  readonly versioned?: boolean;
}

interface Definition<P extends TSchema, Q extends TSchema, B extends TSchema> extends Common {
  /** An object schema with one property for each `{part}` of the path. */
  readonly params?: P;
  /** An object schema; what it does not name is ignored. */
  readonly query?: Q;
  /** Without one the body is not read. If all of it may be left out, so may the body. */
  readonly body?: B;
  /** True: there must be a body, even if every field may be left out. */
  readonly bodyRequired?: boolean;
  readonly handler: (
    ctx: RestContext,
    request: RestRequest<Static<P>, Static<Q>, Static<B>>,
  ) => Promise<RestReply> | RestReply;
}

/** A route as the table holds it. */
export interface Route extends Required<Common> {
  readonly operationId: string;
  readonly params: TSchema;
  readonly query: TSchema;
  readonly body: TSchema | null;
  readonly bodyRequired: boolean;
  readonly handler: (
    ctx: RestContext,
    request: RestRequest<unknown, unknown, unknown>,
  ) => Promise<RestReply> | RestReply;
}

const NOTHING = Type.Object({});

/**
 * Declares a route. The handler sees what fits the schemas: a field that was not sent is undefined,
 * an explicit null is null. What it throws becomes an answer by server/api/rest/failure-reply.ts.
 */
export function route<
  P extends TSchema = typeof NOTHING,
  Q extends TSchema = typeof NOTHING,
  B extends TSchema = typeof NOTHING,
>(definition: Definition<P, Q, B>): Route {
  const { body = null, handler } = definition;
  return {
    open: false,
    versioned: true,
    params: NOTHING,
    query: NOTHING,
    headers: NOTHING,
    ...definition,
    body,
    bodyRequired: definition.bodyRequired ?? (body !== null && hasRequired(body)),
    operationId: operationId(definition),
    // The parts of the request are checked against the very schemas that the types are made of.
    handler: handler as Route["handler"],
  };
}

function operationId({ name, path, method }: Common): string {
  return `${name}${path.replace(/\W/g, "_")}_${method}`;
}

function hasRequired(schema: TSchema): boolean {
  const required: unknown = Reflect.get(schema, "required");
  return Array.isArray(required) && required.length > 0;
}
