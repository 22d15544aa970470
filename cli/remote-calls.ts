import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { InterruptedError } from "./cli-error.ts";
import type { Connection } from "./connection.ts";
import { explainServiceError, isServiceError } from "./explain-error.ts";

const CALL_TIMEOUT_MS = 30_000;
const MOST_BYTES_PER_MESSAGE = 64 * 1024 * 1024;

/** A method of a generated service. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly responseDeserialize: (value: Buffer) => Response;
}

/**
 * Calls over one connection. A refused or failed call throws a RemoteError; Ctrl-C ends a call with
 * an InterruptedError.
 */
export class RemoteCalls {
  readonly url: string;
  readonly #connection: Connection;
  readonly #client: Client;
  readonly #metadata = new Metadata();
  /** Aborts on Ctrl-C. */
  readonly interrupted: AbortSignal;

  constructor(connection: Connection, interrupted: AbortSignal) {
    this.url = connection.url;
    this.#connection = connection;
    this.interrupted = interrupted;
    const { tls, apiKey } = connection;
    if (apiKey !== undefined) this.#metadata.set("authorization", `Bearer ${apiKey}`);
    const security =
      tls === undefined
        ? credentials.createInsecure()
        : credentials.createSsl(tls.ca ?? null, null, null, tls.identity.verify);
    this.#client = new Client(connection.target, security, {
      ...tls?.identity.channel,
      "grpc.max_receive_message_length": MOST_BYTES_PER_MESSAGE,
      "grpc.keepalive_time_ms": 20_000,
      "grpc.keepalive_timeout_ms": 10_000,
      // A proxy for the outside world is of no use on the way to this machine itself.
      "grpc.enable_http_proxy": connection.loopback ? 0 : 1,
    });
  }

  close(): void {
    this.#client.close();
  }

  /** What a call answers. `timeoutMs` bounds reaching the server and its answer. */
  protected call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const call = this.#client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#metadata,
      { deadline: Date.now() + timeoutMs },
      (error, response) => {
        this.interrupted.removeEventListener("abort", cancel);
        if (response !== undefined && error === null) resolve(response);
        else reject(this.interrupted.aborted ? new InterruptedError() : this.#explained(error));
      },
    );
    const cancel = (): void => call.cancel();
    this.interrupted.addEventListener("abort", cancel, { once: true });
    return promise;
  }

  /** What a streaming call answers, until it ends or `until` aborts. */
  protected async *stream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    until: AbortSignal,
  ): AsyncGenerator<Response> {
    const call = this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#metadata,
    );
    const stop = AbortSignal.any([until, this.interrupted]);
    const cancel = (): void => call.cancel();
    stop.addEventListener("abort", cancel, { once: true });
    if (stop.aborted) cancel();
    try {
      const events: AsyncIterable<Response> = call;
      yield* events;
    } catch (error) {
      if (this.interrupted.aborted) throw new InterruptedError();
      if (!until.aborted) throw this.#explained(error);
    } finally {
      stop.removeEventListener("abort", cancel);
      call.cancel();
    }
  }

  #explained(error: unknown): unknown {
    return isServiceError(error) ? explainServiceError(error, this.#connection) : error;
  }
}
