import type { Handler, Hono } from "hono";
import { jsonReply } from "./failure-reply.ts";
import type { RequestSchemas } from "./openapi.ts";
import { isUnknownPath } from "./read-request.ts";
import type { Route } from "./route.ts";

/** Where the REST face stands. */
export const PREFIX = "/api";

/** A route with the schemas its requests are checked by. */
export interface MountedRoute {
  readonly route: Route;
  readonly schemas: RequestSchemas;
}

/** A route's path for the router, in both forms of a trailing slash. */
export function pathsOf({ path }: Route): string[] {
  const bare = `${PREFIX}${path.replaceAll(/\{(\w+)\}/g, ":$1")}`.replace(/\/$/, "");
  return [bare, `${bare}/`];
}

/** The routes in an order in which `/work_pools/filter` is found before `/work_pools/{name}`. */
export function inOrder(routes: readonly Route[]): Route[] {
  // "{" is behind all letters, so a literal part comes before a named one.
  return [...routes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Answers 405 where there is something, but not for that method. To be called after all routes. */
export function refuseOtherMethods(app: Hono, table: readonly MountedRoute[]): void {
  const byShape = Map.groupBy(table, ({ route }) => route.path.replaceAll(/\{\w+\}/g, "{}"));
  for (const mounted of byShape.values()) {
    const [first] = mounted;
    if (first === undefined) continue;
    const allow = mounted.map(({ route }) => route.method.toUpperCase()).sort();
    const refuse: Handler = (c, next) =>
      allow.includes(c.req.method) || isUnknownPath(first.schemas, c.req.param())
        ? next()
        : jsonReply(405, { detail: "Method Not Allowed" }, { allow: allow.join(", ") });
    for (const path of pathsOf(first.route)) app.all(path, refuse);
  }
}
