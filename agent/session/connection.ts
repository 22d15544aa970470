import {
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import {
  type AgentHello,
  AgentServiceClient,
  type SessionRequest,
  type SessionResponse,
} from "#proto/sluice/v1/agent_service.ts";
import { switchedOn } from "#shared/failpoints.ts";
import { tlsIdentityOf } from "#shared/tls-identity.ts";
import type { RequestMessage } from "./outbox.ts";

/** Where the control plane is, and what opens it. */
export interface ControlPlaneTarget {
  /** `http://HOST:PORT`, or `https://HOST:PORT` for TLS. */
  readonly url: URL;
  readonly token: string | undefined;
  /** PEM of the authorities to trust; undefined: the system's. */
  readonly rootCertificates: Buffer | undefined;
}

/** Why a stream ended. */
export interface ConnectionEnd {
  /** A gRPC status code; OK if the control plane ended the stream in order. */
  readonly code: number;
  readonly reason: string;
}

/** What a connection tells its owner. Nothing is told after `onEnd`, which is told once. */
export interface ConnectionEvents {
  readonly onMessage: (message: NonNullable<SessionResponse["message"]>) => void;
  readonly onWritable: () => void;
  readonly onEnd: (end: ConnectionEnd) => void;
}

const CHANNEL_OPTIONS = {
  // A stream that was dropped must not live on in a shared connection.
  "grpc.use_local_subchannel_pool": 1,
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
} as const;

/** A client of its own connection, and the credentials for its calls. */
function openClient(target: ControlPlaneTarget): {
  readonly client: AgentServiceClient;
  readonly metadata: Metadata;
} {
  const { url, token, rootCertificates } = target;
  const tls = url.protocol === "https:";
  const port = url.port || (tls ? "443" : "80");
  const identity = tlsIdentityOf(url.hostname);
  const channel = tls
    ? credentials.createSsl(rootCertificates ?? null, null, null, identity.verify)
    : credentials.createInsecure();
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  const client = new AgentServiceClient(`${url.hostname}:${port}`, channel, {
    ...CHANNEL_OPTIONS,
    ...(tls ? identity.channel : {}),
  });
  return { client, metadata };
}

/** One stream to the control plane, from the hello to its end. Never throws for the transport. */
export class Connection {
  readonly client: AgentServiceClient;
  readonly metadata: Metadata;
  readonly #stream: ClientDuplexStream<SessionRequest, SessionResponse>;
  readonly #events: ConnectionEvents;
  #finished = false;
  #ended = false;

  constructor(target: ControlPlaneTarget, hello: AgentHello, events: ConnectionEvents) {
    const { client, metadata } = openClient(target);
    this.client = client;
    this.metadata = metadata;
    this.#events = events;
    this.#stream = client.session(metadata);
    this.#stream.on("data", ({ message }: SessionResponse) => {
      if (!this.#ended && message !== undefined) events.onMessage(message);
    });
    this.#stream.on("drain", () => {
      if (!this.#ended) events.onWritable();
    });
    this.#stream.on("error", (error: ServiceError) => {
      this.#end({ code: error.code, reason: error.details || error.message });
    });
    this.#stream.on("status", ({ code, details }) => {
      this.#end({ code, reason: details || "the control plane ended the stream" });
    });
    this.send({ $case: "hello", value: hello });
  }

  /** Sends a message; false if the transport has enough for now. */
  send(message: RequestMessage): boolean {
    // What is not said here is said again after the next welcome.
    if (this.#ended || this.#finished) return true;
    if (switchedOn("duplicate-messages")) this.#stream.write({ message });
    return this.#stream.write({ message });
  }

  /** Says that nothing more comes; what was sent is still answered before the stream ends. */
  finish(): void {
    if (this.#ended || this.#finished) return;
    this.#finished = true;
    this.#stream.end();
  }

  /** Drops the connection at once, for a reason of this side. */
  drop(reason: string): void {
    this.#end({ code: status.UNAVAILABLE, reason });
  }

  #end(end: ConnectionEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream.cancel();
    this.client.close();
    this.#events.onEnd(end);
  }
}
