import { type RenderedPool, renderPool } from "./pool-snapshot.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { openWorkerChannel } from "#server/transitions/open-worker-channel.ts";
import { recordWorkerHeartbeat } from "#server/transitions/record-worker-heartbeat.ts";
import { AppError, messageOf } from "#shared/errors.ts";
import {
  CAPABILITIES,
  CHANNEL_VERSION,
  type HeartbeatPayload,
  type HelloPayload,
  readHeartbeat,
  readHello,
  writeChannelFrame,
} from "./channel-frames.ts";
import type { WebSocketConnection } from "./web-socket.ts";

/** How long changes of a pool are gathered before its workers are told. */
const GATHER_MS = 50;

interface Channel {
  readonly socket: WebSocketConnection;
  readonly workPoolName: string;
  readonly workPoolId: string;
  readonly hello: HelloPayload;
  sequence: number;
  /** What the worker was told last, to tell it of what differs only. */
  told: string;
}

/**
 * The channels of Prefect's workers: a heartbeat without a request of its own, and news of the pool.
 * Runs are polled for by REST all the same.
 */
export class WorkerChannels {
  readonly #ctx: TransitionContext;
  readonly #byPool = new Map<string, Set<Channel>>();
  readonly #due = new Set<string>();
  readonly #unsubscribe: () => void;

  constructor(ctx: TransitionContext) {
    this.#ctx = ctx;
    this.#unsubscribe = ctx.wakeUps.on("pool", (id) => {
      if (this.#byPool.has(id)) this.#changed(id);
    });
  }

  /** Serves a socket whose client was let in, from its hello to its end. */
  serve(socket: WebSocketConnection, workPoolName: string): void {
    let channel: Channel | undefined;
    let opening = false;
    socket.handle({
      message: (text) => {
        if (channel !== undefined) return this.#hear(channel, readHeartbeat(text));
        const hello = readHello(text);
        if (hello === undefined || opening) return socket.close(1002, "protocol_error");
        if (!hello.supported_channel_versions.includes(CHANNEL_VERSION)) {
          return socket.close(1008, "unsupported_version");
        }
        if (CAPABILITIES.some((one) => !hello.requested_capabilities.includes(one))) {
          return socket.close(1002, "protocol_error");
        }
        opening = true;
        this.#open(socket, workPoolName, hello).then(
          (opened) => {
            channel = opened;
            if (!socket.isOpen) this.#forget(opened);
          },
          (error: unknown) => this.#refuse(socket, error, "transient_server_error"),
        );
      },
      close: () => {
        if (channel !== undefined) this.#forget(channel);
      },
    });
  }

  /** Tells nobody anything any more. */
  close(): void {
    this.#unsubscribe();
  }

  async #open(
    socket: WebSocketConnection,
    workPoolName: string,
    hello: HelloPayload,
  ): Promise<Channel> {
    const { workPoolId, workQueues } = await openWorkerChannel(this.#ctx, {
      workPoolName,
      worker: {
        name: hello.worker_name,
        heartbeatSeconds: hello.heartbeat_interval_seconds,
        type: hello.worker_type,
        metadata: hello.worker_metadata ?? null,
      },
      workQueueNames: hello.work_queue_names ?? [],
      createPoolIfNotFound: hello.create_pool_if_not_found ?? false,
      baseJobTemplate: hello.default_base_job_template ?? {},
    });
    const pool = await renderPool(this.#ctx, workPoolName);
    const told = pool.content;
    const channel = { socket, workPoolName, workPoolId, hello, sequence: 1, told };
    const accepted: readonly string[] = CAPABILITIES;
    socket.send(
      writeChannelFrame("worker.ready.v1", {
        consumer_id: hello.consumer_id,
        worker_id: null,
        selected_channel_version: CHANNEL_VERSION,
        effective_heartbeat_interval_seconds: hello.heartbeat_interval_seconds,
        accepted_capabilities: accepted,
        rejected_capabilities: hello.requested_capabilities.filter(
          (one) => !accepted.includes(one),
        ),
        effective_max_cleanup_concurrency: 0,
        resolved_work_queues: workQueues.map(({ id, name }) => ({ id, name })),
        initial_snapshot: { snapshot_sequence: 1, reason: "initial", work_pool: pool.message },
      }),
    );
    this.#byPool.set(workPoolId, (this.#byPool.get(workPoolId) ?? new Set()).add(channel));
    return channel;
  }

  #hear(channel: Channel, beat: HeartbeatPayload | undefined): void {
    const { socket, workPoolName, hello } = channel;
    const own = beat?.consumer_id === hello.consumer_id && beat.worker_name === hello.worker_name;
    if (beat === undefined || !own) return socket.close(1002, "protocol_error");
    recordWorkerHeartbeat(this.#ctx, workPoolName, {
      name: beat.worker_name,
      heartbeatSeconds: beat.heartbeat_interval_seconds,
      type: null,
      metadata: null,
    }).then(
      // A wake-up may have been lost.
      () => this.#changed(channel.workPoolId),
      (error: unknown) => this.#refuse(socket, error, "heartbeat_persistence_failed"),
    );
  }

  /** What is not there, or not allowed, will not be so after a while either. */
  #refuse(socket: WebSocketConnection, error: unknown, otherwise: string): void {
    const terminal =
      error instanceof AppError &&
      ["not_found", "reserved_name", "invalid_argument"].includes(error.reason);
    this.#ctx.logger.debug("a worker's channel ends", { error: messageOf(error) });
    if (terminal) socket.close(1008, "authorization_failed");
    else socket.close(1011, otherwise);
  }

  #forget(channel: Channel): void {
    const channels = this.#byPool.get(channel.workPoolId);
    channels?.delete(channel);
    if (channels?.size === 0) this.#byPool.delete(channel.workPoolId);
  }

  #changed(workPoolId: string): void {
    if (this.#due.has(workPoolId)) return;
    this.#due.add(workPoolId);
    setTimeout(() => {
      this.#due.delete(workPoolId);
      this.#tell(workPoolId).catch((error: unknown) =>
        this.#ctx.logger.debug("workers were not told of their pool", { error: messageOf(error) }),
      );
    }, GATHER_MS).unref();
  }

  async #tell(workPoolId: string): Promise<void> {
    const channels = [...(this.#byPool.get(workPoolId) ?? [])];
    const [first] = channels;
    if (first === undefined) return;
    let pool: RenderedPool;
    try {
      pool = await renderPool(this.#ctx, first.workPoolName);
    } catch (error) {
      for (const { socket } of channels) this.#refuse(socket, error, "transient_server_error");
      return;
    }
    for (const channel of channels) {
      if (channel.told === pool.content) continue;
      channel.told = pool.content;
      channel.sequence += 1;
      channel.socket.send(
        writeChannelFrame("work_pool.snapshot.v1", {
          snapshot_sequence: channel.sequence,
          reason: "work_pool_updated",
          work_pool: pool.message,
        }),
      );
    }
  }
}
