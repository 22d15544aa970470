import { type Context, Hono, type Next } from "hono";
import type { Authorize } from "#server/api/authorize.ts";
import type { Logger } from "#shared/logger.ts";
import { refuseApiVersion } from "./api-version.ts";
import type { RestContext } from "./context.ts";
import { detailReply, failureReply, jsonReply, refusalReply } from "./failure-reply.ts";
import { inOrder, type MountedRoute, pathsOf, PREFIX, refuseOtherMethods } from "./mounting.ts";
import { buildOpenApi } from "./openapi.ts";
import { isUnknownPath, readRequest } from "./read-request.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes.ts";
import { Validator } from "./validator.ts";

/** What the REST face needs. */
export interface RestAppOptions {
  readonly authorize: Authorize;
  readonly context: RestContext;
  readonly logger: Logger;
}

/** The REST face. It answers whatever is below `/api`, also that there is nothing. */
export function createRestApp(options: RestAppOptions): Hono {
  const { authorize, context, logger } = options;
  const openApi = buildOpenApi(ROUTES);
  const validator = new Validator(openApi);
  const app = new Hono();

  const guard =
    (audience: "anyone" | "clients") =>
    async (c: Context, next: Next): Promise<Response | void> => {
      const refusal = authorize(audience, c.req.header("authorization"));
      if (refusal !== null) return refusalReply(refusal);
      await next();
    };

  const answer =
    ({ route, schemas }: MountedRoute) =>
    async (c: Context, next: Next): Promise<Response | void> => {
      const params = c.req.param();
      if (isUnknownPath(schemas, params)) return next();
      const version = c.req.header("x-prefect-api-version");
      const refusal = route.versioned ? refuseApiVersion(version) : undefined;
      if (refusal !== undefined) return detailReply(400, refusal);
      const forged = await refuseForged(route, c);
      if (forged !== undefined) return detailReply(403, forged);
      const request = await readRequest(route, schemas, validator, { params, request: c.req.raw });
      const { status, body, headers } = await route.handler(context, request);
      if (body === undefined) return new Response(null, { status, headers: { ...headers } });
      return jsonReply(status, body, headers);
    };

  const refuseForged = async ({ method }: Route, c: Context): Promise<string | undefined> =>
    method === "get"
      ? undefined
      : context.csrf?.refuse(
          c.req.header("prefect-csrf-token"),
          c.req.header("prefect-csrf-client"),
        );

  const table = inOrder(ROUTES).flatMap((route): MountedRoute[] => {
    const schemas = openApi.requests.get(route.operationId);
    return schemas === undefined ? [] : [{ route, schemas }];
  });
  for (const mounted of table.filter(({ route }) => route.open)) {
    app.on(mounted.route.method, pathsOf(mounted.route), guard("anyone"), answer(mounted));
  }
  app.use(guard("clients"));
  app.get(`${PREFIX}/openapi.json`, () => jsonReply(200, openApi.document));
  for (const mounted of table.filter(({ route }) => !route.open)) {
    app.on(mounted.route.method, pathsOf(mounted.route), answer(mounted));
  }
  refuseOtherMethods(app, table);
  app.notFound(() => detailReply(404, "Not Found"));
  app.onError((error) => failureReply(error, logger));
  return app;
}
