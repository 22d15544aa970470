import { status } from "@grpc/grpc-js";
import type {
  AgentHello,
  SessionResponse,
  SessionWelcome,
} from "#proto/sluice/v1/agent_service.ts";
import type { LeaseRef } from "#proto/sluice/v1/lease.ts";
import { backoffMs } from "#shared/backoff.ts";
import type { Clock } from "#shared/clock.ts";
import { AppError, messageOf } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";
import { Bell } from "#agent/bell.ts";
import type { SilenceWatch } from "#agent/silence-watch.ts";
import { Connection, type ConnectionEnd, type ControlPlaneTarget } from "./connection.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Outbox } from "./outbox.ts";
import type { ServerClock } from "./server-clock.ts";

/** What the control plane says on the stream, but for what the session answers itself. */
export type WorkMessage = Exclude<
  NonNullable<SessionResponse["message"]>,
  { $case: "welcome" | "heartbeatReply" | "reconnect" }
>;

/** Whom a session works for. */
export interface SessionOwner {
  /** The hello of the next stream. Rejects if it cannot be made now. */
  readonly hello: () => Promise<AgentHello>;
  /** Everything that is held. */
  readonly held: () => LeaseRef[];
  /** A stream is open; everything that counts must be said again. Throws to refuse the pool. */
  readonly onWelcome: (welcome: SessionWelcome, connection: Connection) => void;
  readonly onMessage: (message: WorkMessage) => void;
  readonly onDisconnected: () => void;
  /** The control plane refused this agent for good. The session has ended. */
  readonly onRefused: (error: Error) => void;
}

/** What a session is given. */
export interface SessionOptions {
  readonly target: ControlPlaneTarget;
  readonly owner: SessionOwner;
  readonly outbox: Outbox;
  readonly serverClock: ServerClock;
  readonly silence: SilenceWatch;
  readonly clock: Clock;
  readonly logger: Logger;
}

const BACKOFF = { firstMs: 500, maxMs: 30_000 };
const WELCOME_TIMEOUT_MS = 15_000;

/** Statuses that waiting does not change, as long as this agent was never welcome. */
const FINAL_CODES: ReadonlySet<number> = new Set([
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.PERMISSION_DENIED,
  status.FAILED_PRECONDITION,
  status.UNIMPLEMENTED,
  status.UNAUTHENTICATED,
]);

type StreamEnd = ConnectionEnd & { readonly livedMs: number; readonly reconnectAfterMs?: number };

/**
 * Keeps one stream to the control plane open, for as long as it is not stopped: connects, says hello,
 * beats, and connects again with growing waits when a stream ends. Every change is logged.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #bell = new Bell();
  #connection: Connection | undefined;
  #everWelcome = false;
  #stopped = false;
  #running: Promise<void> | undefined;
  #state = "not started";

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** What it is doing, in words. */
  get state(): string {
    return this.#state;
  }

  /** Starts to connect. */
  start(): void {
    this.#running = this.#run();
  }

  /** Says goodbye, waits for the answer at most `patienceMs`, and stays away. */
  async stop(patienceMs: number): Promise<void> {
    this.#stopped = true;
    this.#bell.ring();
    this.#connection?.finish();
    const timer = setTimeout(() => this.#connection?.drop("the agent stops"), patienceMs);
    await this.#running;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { logger, owner, target } = this.#options;
    let failures = 0;
    while (!this.#stopped) {
      this.#state = `connecting to ${target.url.origin}`;
      const end = await this.#stream();
      if (this.#stopped) break;
      if (!this.#everWelcome && FINAL_CODES.has(end.code)) {
        this.#stopped = true;
        owner.onRefused(new AppError(refusalReason(end.code), end.reason));
        break;
      }
      failures = end.livedMs > 0 ? 1 : failures + 1;
      const waitMs = end.reconnectAfterMs ?? backoffMs(BACKOFF, failures, Math.random());
      const fields = { reason: end.reason, retryInMs: Math.round(waitMs) };
      if (end.reconnectAfterMs === undefined)
        logger.warning("not connected to the control plane", fields);
      else logger.info("reconnecting as the control plane asked", fields);
      this.#state = `not connected: ${end.reason}`;
      await this.#bell.wait(waitMs);
    }
    this.#state = "stopped";
  }

  /** One stream from hello to end. `livedMs` is 0 if it did not live for a heartbeat. */
  async #stream(): Promise<StreamEnd> {
    const { owner, logger, target, clock, silence } = this.#options;
    logger.info("connecting to the control plane", { url: target.url.origin });
    let hello: AgentHello;
    try {
      hello = await owner.hello();
    } catch (error) {
      const reason = `the journal cannot be written: ${messageOf(error)}`;
      return { code: status.UNAVAILABLE, reason, livedMs: 0 };
    }
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    const welcomeTimer = setTimeout(() => {
      this.#connection?.drop(`no welcome within ${WELCOME_TIMEOUT_MS / 1000} s`);
    }, WELCOME_TIMEOUT_MS);
    let heartbeat: Heartbeat | undefined;
    let openedAt = 0;
    const helloAt = silence.now();
    let reconnectAfterMs: number | undefined;
    const connection = new Connection(target, hello, {
      onMessage: (message) => {
        // Who slept must not act on what is old before it has ended what is over.
        silence.check();
        switch (message.$case) {
          case "welcome":
            if (heartbeat !== undefined) return;
            clearTimeout(welcomeTimer);
            openedAt = clock.monotonic();
            silence.stored(helloAt);
            heartbeat = this.#opened(message.value, connection);
            return;
          case "heartbeatReply":
            heartbeat?.replied(message.value.sequence, message.value.storedSequence);
            this.#hearTime(message.value.serverTime);
            return;
          case "reconnect":
            reconnectAfterMs ??= message.value.afterMs;
            logger.info("the control plane asks for another stream", {
              reason: message.value.reason,
            });
            connection.finish();
            return;
          case "granted":
          case "startReplies":
          case "reportsAcknowledged":
          case "stop":
          case "drain":
            this.#deliver(message);
        }
      },
      onWritable: () => this.#options.outbox.resume(),
      onEnd: (end) => {
        clearTimeout(welcomeTimer);
        const intervalMs = heartbeat?.intervalMs ?? Infinity;
        heartbeat?.stop();
        this.#closed(heartbeat !== undefined);
        const lived = clock.monotonic() - openedAt;
        const livedMs = lived >= intervalMs ? lived : 0;
        resolve({
          ...end,
          livedMs,
          ...(reconnectAfterMs === undefined ? {} : { reconnectAfterMs }),
        });
      },
    });
    this.#connection = connection;
    if (this.#stopped) connection.drop("the agent stops");
    return await promise;
  }

  #opened(welcome: SessionWelcome, connection: Connection): Heartbeat {
    const { owner, outbox, logger, target, silence } = this.#options;
    this.#hearTime(welcome.serverTime);
    silence.expectBeatEvery(welcome.heartbeatIntervalMs);
    outbox.open((message) => connection.send(message));
    const heartbeat = new Heartbeat({
      intervalMs: welcome.heartbeatIntervalMs,
      beat: (sequence) => outbox.heartbeat(sequence, owner.held()),
      now: () => silence.now(),
      onStored: (sentAt) => silence.stored(sentAt),
      onSilence: (reason) => connection.drop(reason),
    });
    try {
      owner.onWelcome(welcome, connection);
    } catch (error) {
      this.#stopped = true;
      owner.onRefused(error instanceof Error ? error : new Error(String(error)));
      queueMicrotask(() => connection.drop(messageOf(error)));
      return heartbeat;
    }
    this.#everWelcome = true;
    this.#state = "connected";
    logger.info("connected to the control plane", {
      url: target.url.origin,
      server: welcome.serverVersion,
      agent: welcome.agentName,
      heartbeatMs: welcome.heartbeatIntervalMs,
    });
    return heartbeat;
  }

  #deliver(message: WorkMessage): void {
    try {
      this.#options.owner.onMessage(message);
    } catch (error) {
      // One message that cannot be handled must not cost the others their agent.
      this.#options.logger.error("could not handle a message of the control plane", {
        message: message.$case,
        error: messageOf(error),
      });
    }
  }

  #closed(wasOpen: boolean): void {
    this.#connection = undefined;
    this.#options.outbox.close();
    if (wasOpen) this.#options.owner.onDisconnected();
  }

  #hearTime(time: Date | undefined): void {
    if (time !== undefined) this.#options.serverClock.hear(time);
  }
}

function refusalReason(code: number): "unauthenticated" | "not_found" | "invalid_argument" {
  if (code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED)
    return "unauthenticated";
  return code === status.NOT_FOUND ? "not_found" : "invalid_argument";
}
