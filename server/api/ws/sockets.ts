import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Authorize } from "#server/api/authorize.ts";
import type { EventMessage } from "#server/domain/event-filter.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { GroupCommit } from "#server/transitions/group-commit.ts";
import { recordEvents } from "#server/transitions/record-events.ts";
import type { Logger } from "#shared/logger.ts";
import { isLetIn } from "./authenticate.ts";
import { EventFeed } from "./event-feed.ts";
import { type EventStore, takeEvents } from "./events-in.ts";
import { sendEvents } from "./events-out.ts";
import { WebSocketConnection } from "./web-socket.ts";
import { WorkerChannels } from "./worker-channels.ts";

/** What sockets need. */
export interface SocketsOptions {
  readonly authorize: Authorize;
  readonly logger: Logger;
  /** What handlers work with; throws while the control plane starts or stops. */
  readonly context: { readonly transitions: TransitionContext };
}

/** What a socket's client may say first, and how long it may take. */
const FIRST_MESSAGE_MS = 10_000;
const PROTOCOL = "prefect";
/** Appended to a client's key, by RFC 6455. */
const HANDSHAKE = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const EVENTS_AT_ONCE = 500;

/** What serves sockets, made when the first one comes. */
interface Services {
  readonly ctx: TransitionContext;
  readonly feed: EventFeed;
  readonly events: EventStore;
  readonly workers: WorkerChannels;
}

type Serve = (socket: WebSocketConnection, services: Services) => void;

/** The sockets of this replica. */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #open = new Set<WebSocketConnection>();
  #services: Services | undefined;

  constructor(options: SocketsOptions) {
    this.#options = options;
  }

  /** Answers a request to speak WebSocket: by doing so, or with a status that says why not. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Uint8Array): void {
    const serve = this.#route(request.url ?? "");
    if (serve === undefined) return refuse(stream, "404 Not Found");
    const services = this.#ready();
    if (services === undefined) return refuse(stream, "503 Service Unavailable");
    const key = request.headers["sec-websocket-key"];
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(/ *, */);
    if (key === undefined || !offered.includes(PROTOCOL)) return refuse(stream, "403 Forbidden");
    const accept = createHash("sha1").update(`${key}${HANDSHAKE}`).digest("base64");
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Protocol: ${PROTOCOL}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    const socket = new WebSocketConnection(stream, head);
    this.#open.add(socket);
    socket.onOver(() => this.#open.delete(socket));
    this.#authenticate(socket, () => serve(socket, services));
  }

  /** Sends all clients away: they come back to another replica. */
  close(): void {
    this.#services?.workers.close();
    for (const socket of this.#open) socket.close(1012, "the control plane is shutting down");
    for (const socket of this.#open) socket.destroy();
  }

  #authenticate(socket: WebSocketConnection, then: () => void): void {
    const late = setTimeout(() => socket.close(1008, "authentication_failed"), FIRST_MESSAGE_MS);
    late.unref();
    socket.onOver(() => clearTimeout(late));
    socket.handle({
      message: (text) => {
        clearTimeout(late);
        if (!isLetIn(this.#options.authorize, text)) {
          return socket.close(1008, "authentication_failed");
        }
        socket.send({ type: "auth_success" });
        then();
      },
    });
  }

  #route(url: string): Serve | undefined {
    const path = url.split("?")[0]?.replace(/\/$/, "") ?? "";
    const { logger } = this.#options;
    if (path === "/api/events/in") {
      return (socket, { events }) => takeEvents(socket, events, logger);
    }
    if (path === "/api/events/out") return (socket, { feed }) => sendEvents(socket, feed);
    const [, name] = /^\/api\/work_pools\/([^/]+)\/workers\/connect$/.exec(path) ?? [];
    if (name === undefined) return undefined;
    return (socket, { workers }) => workers.serve(socket, decodeURIComponent(name));
  }

  #ready(): Services | undefined {
    try {
      const ctx = this.#options.context.transitions;
      if (this.#services?.ctx !== ctx) {
        this.#services = {
          ctx,
          feed: new EventFeed(ctx),
          events: new GroupCommit<EventMessage, void>({
            maxItems: EVENTS_AT_ONCE,
            commit: async (events) => {
              await recordEvents(ctx, events);
              return events.map(() => undefined);
            },
          }),
          workers: new WorkerChannels(ctx),
        };
      }
      return this.#services;
    } catch {
      return undefined;
    }
  }
}

function refuse(stream: Duplex, status: string): void {
  const body = JSON.stringify({ detail: status.slice(4) });
  stream.on("error", () => {});
  stream.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
