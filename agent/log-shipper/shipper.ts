import type { ClientDuplexStream, Metadata } from "@grpc/grpc-js";
import type {
  AgentServiceClient,
  PushLogsRequest,
  PushLogsResponse,
} from "#proto/sluice/v1/agent_service.ts";
import type { LeaseRef } from "#proto/sluice/v1/lease.ts";
import { backoffMs } from "#shared/backoff.ts";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { switchedOn } from "#shared/failpoints.ts";
import type { Logger } from "#shared/logger.ts";
import { leaseKey } from "#agent/lease-key.ts";
import type { OutputChunk } from "./line-splitter.ts";
import { OutputTail } from "./tail.ts";

/** The open connection that logs may use. */
export interface LogConnection {
  readonly client: AgentServiceClient;
  readonly metadata: Metadata;
}

/** What the log shipper is given. */
export interface LogShipperOptions {
  /** The control plane's clock. */
  readonly serverNow: () => Date;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface InFlight {
  readonly start: number;
  readonly end: number;
  readonly sentAt: number;
}

/** All lines of a process are of one level: it did not say another. */
const LEVEL_INFO = 20;
/** Attempts that may wait for an answer at the same time. */
const MAX_IN_FLIGHT = 32;
const POLL_MS = 200;
const ANSWER_TIMEOUT_MS = 30_000;
const BACKOFF = { firstMs: 500, maxMs: 30_000 };

/**
 * Sends the output of all attempts on one stream, each in order, one chunk at a time. The files are
 * the buffer: whatever the network does, a job writes on undisturbed. Where to go on is what the
 * control plane says it has stored.
 */
export class LogShipper {
  readonly #options: LogShipperOptions;
  readonly #tails = new Map<string, OutputTail>();
  /** Tails that may have something to send, in turn. */
  readonly #ready = new Set<OutputTail>();
  readonly #inFlight = new Map<string, InFlight>();
  #connection: LogConnection | undefined;
  #stream: ClientDuplexStream<PushLogsRequest, PushLogsResponse> | undefined;
  #pollTimer: ReturnType<typeof setInterval> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #scheduled = false;

  constructor(options: LogShipperOptions) {
    this.#options = options;
  }

  /** Follows an output file until `finish` of it was called and all of it is stored. */
  follow(ref: LeaseRef, path: string): OutputTail {
    const key = leaseKey(ref);
    const tail: OutputTail = new OutputTail({
      ref,
      path,
      monotonic: () => this.#options.clock.monotonic(),
      onGrown: () => queueMicrotask(() => this.#makeReady(tail)),
    });
    this.#tails.set(key, tail);
    this.#pollTimer ??= setInterval(() => this.#poll(), POLL_MS);
    void tail.drained.then(() => this.#unfollow(key, tail));
    return tail;
  }

  /** How many outputs are not yet stored as a whole. */
  get following(): number {
    return this.#tails.size;
  }

  /** Sends by this connection from now on. */
  attach(connection: LogConnection): void {
    this.#connection = connection;
    this.#failures = 0;
    for (const tail of this.#tails.values()) this.#makeReady(tail);
  }

  /** There is no connection. */
  detach(): void {
    this.#connection = undefined;
    this.#dropStream();
  }

  /** Stops for good. What is not stored stays in its file. */
  close(): void {
    this.detach();
    clearInterval(this.#pollTimer);
    for (const tail of this.#tails.values()) tail.close();
    this.#tails.clear();
    this.#ready.clear();
  }

  #unfollow(key: string, tail: OutputTail): void {
    tail.close();
    this.#tails.delete(key);
    this.#ready.delete(tail);
    this.#inFlight.delete(key);
    if (this.#tails.size > 0) return;
    clearInterval(this.#pollTimer);
    this.#pollTimer = undefined;
  }

  #poll(): void {
    for (const tail of this.#tails.values()) tail.look();
    const latest = this.#options.clock.monotonic() - ANSWER_TIMEOUT_MS;
    if ([...this.#inFlight.values()].some(({ sentAt }) => sentAt < latest)) {
      this.#fail(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`);
    }
  }

  #makeReady(tail: OutputTail): void {
    if (this.#tails.get(leaseKey(tail.ref)) !== tail) return;
    this.#ready.add(tail);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (const tail of this.#ready) {
      if (this.#connection === undefined || this.#retryTimer !== undefined) return;
      if (this.#inFlight.size >= MAX_IN_FLIGHT) return;
      this.#ready.delete(tail);
      // Its answer makes it ready again.
      if (this.#inFlight.has(leaseKey(tail.ref))) continue;
      const chunk = this.#read(tail);
      if (chunk !== undefined) this.#send(tail, chunk, this.#connection);
    }
  }

  #read(tail: OutputTail): OutputChunk | undefined {
    try {
      return tail.nextChunk();
    } catch (error) {
      const lease = leaseKey(tail.ref);
      this.#options.logger.error("output cannot be read", { lease, error: messageOf(error) });
      return undefined;
    }
  }

  #send(tail: OutputTail, chunk: OutputChunk, connection: LogConnection): void {
    const timestamp = this.#options.serverNow();
    const request: PushLogsRequest = {
      ref: tail.ref,
      startOffset: chunk.startOffset,
      endOffset: chunk.endOffset,
      lines: chunk.lines.map(({ offset, text }) => ({
        offset,
        timestamp,
        level: LEVEL_INFO,
        message: text,
      })),
    };
    this.#inFlight.set(leaseKey(tail.ref), {
      start: chunk.startOffset,
      end: chunk.endOffset,
      sentAt: this.#options.clock.monotonic(),
    });
    this.#stream ??= this.#open(connection);
    this.#stream.write(request);
    if (switchedOn("duplicate-messages")) this.#stream.write(request);
  }

  #open(connection: LogConnection): ClientDuplexStream<PushLogsRequest, PushLogsResponse> {
    const stream = connection.client.pushLogs(connection.metadata);
    const whileOpen = (act: () => void): void => {
      if (this.#stream === stream) act();
    };
    stream.on("data", (response: PushLogsResponse) => whileOpen(() => this.#answered(response)));
    stream.on("error", (error) => whileOpen(() => this.#fail(messageOf(error))));
    stream.on("end", () => whileOpen(() => this.#fail("the control plane ended the stream")));
    return stream;
  }

  #answered({ ref, storedOffset, discarded }: PushLogsResponse): void {
    this.#failures = 0;
    if (ref === undefined) return;
    const key = leaseKey(ref);
    const tail = this.#tails.get(key);
    const sent = this.#inFlight.get(key);
    // A repeated answer to the chunk before says nothing new.
    if (tail === undefined || sent === undefined || (storedOffset === sent.start && !discarded))
      return;
    this.#inFlight.delete(key);
    if (discarded) tail.discard();
    else tail.storedTo(storedOffset);
    this.#makeReady(tail);
  }

  #fail(reason: string): void {
    this.#dropStream();
    this.#failures++;
    const waitMs = backoffMs(BACKOFF, this.#failures, Math.random());
    this.#options.logger.info("output is not sent for now; it is kept in files", {
      reason,
      retryInMs: Math.round(waitMs),
    });
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      for (const tail of this.#tails.values()) this.#makeReady(tail);
    }, waitMs);
  }

  #dropStream(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.cancel();
    this.#inFlight.clear();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }
}
