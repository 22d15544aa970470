import type { TlsFiles } from "#server/api/tls-files.ts";
import { createHttpApp, type HttpAppOptions } from "./app.ts";

/** How long requests that are being answered may take when the server stops. */
const ANSWERS_MS = 500;

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
export function startHttpServer(options: HttpServerOptions): HttpServer {
  const app = createHttpApp(options);
  const { host, port, tls } = options;
  const server = Bun.serve({
    hostname: host,
    port,
    fetch: (request) => app.fetch(request),
    ...(tls === null ? {} : { tls: { cert: tls.cert, key: tls.key } }),
  });
  const stop = async (): Promise<void> => {
    // Idle connections that clients keep open must not keep the server.
    await Promise.race([server.stop(), Bun.sleep(ANSWERS_MS)]);
    await server.stop(true);
  };
  return { port: server.port ?? port, stop };
}
