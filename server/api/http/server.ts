import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { TlsFiles } from "#server/api/tls-files.ts";
import { Sockets } from "#server/api/ws/sockets.ts";
import { createHttpApp, type HttpAppOptions } from "./app.ts";
import { fetchListener } from "./fetch-listener.ts";

/** How long requests that are being answered may take when the server stops. */
const ANSWERS_MS = 500;

/** How long an idle connection is kept. */
const KEEP_ALIVE_MS = 75_000;

/** How to serve HTTP. */
export interface HttpServerOptions extends HttpAppOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Null: without TLS. */
  readonly tls: TlsFiles | null;
}

/** The HTTP face of a replica. */
export interface HttpServer {
  readonly port: number;
  /** Closes the port; requests that are being answered are answered. */
  stop(): Promise<void>;
}

/** Serves HTTP, or HTTPS if there is a certificate. Throws if the port cannot be had. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app = createHttpApp(options);
  const { host, port, tls, authorize, logger, rest: context } = options;
  const sockets = new Sockets({ authorize, logger, context });
  const answer = fetchListener(
    (request) => app.fetch(request),
    (authorization) => authorize("clients", authorization) === null,
    logger,
  );
  // Not the server of Bun itself, which answers pings of WebSockets before anything is stored.
  const server =
    tls === null ? createServer(answer) : createTlsServer({ cert: tls.cert, key: tls.key }, answer);
  // Longer than clients keep theirs: one that the server closes may be used at that very moment.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("upgrade", (request, stream, head) => sockets.upgrade(request, stream, head));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  const stop = async (): Promise<void> => {
    sockets.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Idle connections that clients keep open must not keep the server.
    server.closeIdleConnections();
    await Promise.race([closed, Bun.sleep(ANSWERS_MS)]);
    server.closeAllConnections();
  };
  return { port: typeof address === "object" && address !== null ? address.port : port, stop };
}
