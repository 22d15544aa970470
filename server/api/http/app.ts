import { Hono } from "hono";
import type { Authorize } from "#server/api/authorize.ts";
import { describeFailure } from "#server/api/failure.ts";
import { AppError } from "#shared/errors.ts";
import { createRestApp, type RestAppOptions } from "#server/api/rest/app.ts";
import type { ReadReadiness } from "#server/api/rest/context.ts";
import { docsPage } from "#server/api/rest/docs-page.ts";
import type { Logger } from "#shared/logger.ts";
import { VERSION } from "#shared/version.ts";
import type { Metrics } from "./metrics.ts";
import { problem } from "./problem.ts";

/** What the HTTP face needs. */
export interface HttpAppOptions {
  readonly authorize: Authorize;
  readonly readReadiness: ReadReadiness;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What the REST face works with. */
  readonly rest: RestAppOptions["context"];
}

/** The HTTP face: probes, open to everybody, and what the server is. */
export function createHttpApp(options: HttpAppOptions): Hono {
  const { authorize, readReadiness, logger, metrics } = options;
  const app = new Hono();

  // Answers as long as the event loop turns.
  app.get("/livez", (c) => c.json({ status: "ok" }));

  app.get("/readyz", async (c) => {
    const reasons = await readReadiness();
    return reasons.length === 0
      ? c.json({ status: "ok" })
      : c.json({ status: "unavailable", reasons }, 503);
  });

  // It looks at credentials itself: its refusals have the form that its clients know.
  const rest = createRestApp({ authorize, logger, context: options.rest });
  for (const path of ["/api", "/api/*"]) app.all(path, (c) => rest.fetch(c.req.raw));

  app.get("/docs", () => docsPage());

  app.use(async (c, next) => {
    const refusal = authorize("clients", c.req.header("authorization"));
    if (refusal !== null) return problem(refusal);
    return next();
  });

  app.get("/metrics", async (c) =>
    c.body(await metrics.read(), 200, { "content-type": metrics.contentType }),
  );

  app.get("/", (c) =>
    c.json({
      name: "sluice",
      version: VERSION,
      links: {
        livez: "/livez",
        readyz: "/readyz",
        api: "/api",
        docs: "/docs",
        metrics: "/metrics",
      },
    }),
  );

  app.notFound((c) =>
    problem(new AppError("not_found", `There is nothing at ${c.req.method} ${c.req.path}.`)),
  );
  app.onError((error) => problem(describeFailure(error, logger)));
  return app;
}
