import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Logger } from "#shared/logger.ts";
import { messageOf } from "#shared/errors.ts";

/** Largest body of a request. */
const MOST_BODY_BYTES = 128 * 1024 * 1024;

/** What paths are relative to; nothing looks at it. */
const BASE = "http://localhost";

/** What answers a request. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/** Whether the sender of that header may send bodies. */
export type MaySend = (authorization: string | undefined) => boolean;

/**
 * Answers the requests of a server of `node:http` by what answers those of the web. The body of who
 * may send none is not kept, and `fetch` does not see it.
 */
export function fetchListener(fetch: Fetch, maySend: MaySend, logger: Logger): RequestListener {
  return (incoming, outgoing) => {
    answer(fetch, maySend, incoming, outgoing).catch((error: unknown) => {
      logger.debug("a request was not answered", { error: messageOf(error) });
      outgoing.destroy();
    });
  };
}

async function answer(
  fetch: Fetch,
  maySend: MaySend,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if (!URL.canParse(incoming.url ?? "/", BASE)) {
    outgoing.writeHead(400, { connection: "close" }).end();
    return;
  }
  const body = await readBody(incoming, maySend(incoming.headers.authorization));
  if (body === undefined) {
    outgoing.writeHead(413, { connection: "close" }).end();
    return;
  }
  const response = await fetch(toRequest(incoming, body));
  const headers: Record<string, string | string[]> = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  const content = response.body === null ? undefined : await response.bytes();
  // A length that is known spares clients the chunks; without a body there is none to tell.
  if (content !== undefined) headers["content-length"] = String(content.length);
  outgoing.writeHead(response.status, headers);
  outgoing.end(incoming.method === "HEAD" ? undefined : content);
}

function toRequest(incoming: IncomingMessage, body: Buffer<ArrayBuffer>): Request {
  const { method = "GET", url = "/" } = incoming;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.append(name, one);
    }
  }
  const hasBody = method !== "GET" && method !== "HEAD" && body.length > 0;
  return new Request(new URL(url, BASE).href, {
    method,
    headers,
    ...(hasBody ? { body } : {}),
  });
}

/** Empty if it is not to be kept; undefined: it is too large. */
async function readBody(
  incoming: IncomingMessage,
  keep: boolean,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > MOST_BODY_BYTES) return undefined;
    if (keep) chunks.push(part);
  }
  return Buffer.concat(chunks);
}
