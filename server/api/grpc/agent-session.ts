import type { ServerDuplexStream } from "@grpc/grpc-js";
import type {
  AgentHeartbeat,
  AgentHello,
  SessionRequest,
  SessionResponse,
} from "#proto/sluice/v1/agent_service.ts";
import { describeFailure } from "#server/api/failure.ts";
import { leaseKeyText, type StopNeeded } from "#server/store/leases.ts";
import type { GrantedLease } from "#server/transitions/grant-leases.ts";
import type { AgentKey } from "#server/transitions/held-attempts.ts";
import type { AgentHelloInput, OpenedSession } from "#server/transitions/open-agent-session.ts";
import { AppError } from "#shared/errors.ts";
import { failpoint } from "#shared/failpoints.ts";
import type { Logger } from "#shared/logger.ts";
import { VERSION } from "#shared/version.ts";
import { AgentInbox } from "./agent-inbox.ts";
import { toStatus } from "./error-mapping.ts";
import { Holdings } from "./holdings.ts";
import { Outbox } from "./outbox.ts";
import { SendTimes } from "./send-times.ts";
import type { SessionCommits } from "./session-commits.ts";
import { isEnd, isRefusal, readRef, violation, writeLease, writeStop } from "./session-messages.ts";
import { StandingStops } from "./standing-stops.ts";

/** The stream of one agent. */
export type SessionCall = ServerDuplexStream<SessionRequest, SessionResponse>;

/** The spans on which a stream is judged. */
export interface SessionNumbers {
  readonly heartbeatMs: number;
  /** Heartbeats that may be missing before the stream is dropped. */
  readonly missedHeartbeats: number;
  readonly stopGraceMs: number;
  /** Age at which the agent is asked to reconnect, before jitter of a fifth. */
  readonly maxAgeMs: number;
  /** How long a lease may wait for the transport. */
  readonly stuckSendMs: number;
}

/** What a session needs of the replica around it. */
export interface SessionSurroundings {
  readonly commits: SessionCommits;
  readonly numbers: SessionNumbers;
  readonly logger: Logger;
  /** Told when the agent's free slots change. */
  readonly onCredit: (session: AgentSession) => void;
  /** Told once, when the stream has ended; `goodbye` if the agent ended it. */
  readonly onClosed: (session: AgentSession, goodbye: boolean) => void;
}

/** How long an agent that was asked to reconnect may take before its stream is ended. */
const RECONNECT_GRACE_MS = 30_000;

/** One agent's open stream, from its welcome to its end. Receiving never waits. */
export class AgentSession {
  readonly key: AgentKey;
  readonly workPoolId: string;
  readonly prefetchMs: number;
  readonly #call: SessionCall;
  readonly #around: SessionSurroundings;
  readonly #logger: Logger;
  readonly #outbox: Outbox<SessionResponse>;
  readonly #inbox: AgentInbox;
  readonly #stops = new StandingStops((stop) => this.#sendStop(stop));
  readonly holdings: Holdings;
  /** The database's clock when the session was opened, and the monotonic one then. */
  readonly #opened: { readonly serverNow: number; readonly monotonic: number };
  readonly #sendTimes = new SendTimes();
  #freeSlots = 0;
  #lastHeard = performance.now();
  #beatSince = true;
  #lastBeat = 0;
  #storedBeat = 0;
  #reconnectAt: number;
  #asked = false;
  #closed = false;

  constructor(
    call: SessionCall,
    hello: AgentHelloInput,
    opened: OpenedSession,
    around: SessionSurroundings,
  ) {
    const now = performance.now();
    this.key = { agentId: hello.agentId, session: hello.session };
    this.workPoolId = opened.workPoolId;
    this.prefetchMs = hello.prefetchSeconds * 1000;
    const fenced = new Set(opened.fenced.map(leaseKeyText));
    this.holdings = new Holdings(hello.held.filter((held) => !fenced.has(leaseKeyText(held))));
    this.#call = call;
    this.#around = around;
    this.#logger = around.logger.with({ agent: opened.agentName, session: hello.session });
    this.#opened = { serverNow: opened.serverNow, monotonic: now };
    this.#reconnectAt = now + around.numbers.maxAgeMs * (0.8 + 0.4 * Math.random());
    this.#outbox = new Outbox(
      { write: (message, flushed) => call.write(message, flushed) },
      around.numbers.stuckSendMs,
    );
    this.#inbox = new AgentInbox({
      agent: this.key,
      commits: around.commits,
      logger: this.#logger,
      sentAfterUs: (key) => this.#sendTimes.of(key),
      onReported: (sequences) => this.#send({ $case: "reportsAcknowledged", value: { sequences } }),
      onStartAnswers: (replies) => {
        this.holdings.letGo(replies.filter(isRefusal).map(({ ref }) => readRef(ref)));
        this.#outbox.push({
          urgent: true,
          build: () => ({ message: { $case: "startReplies", value: { replies } } }),
          // The transport has taken it, but the socket gets it at the end of this turn.
          onSent: () => setImmediate(() => failpoint("server.start-sent")),
        });
      },
      onFailure: (error) => this.fail(error),
    });
  }

  /** Sends the welcome and what must stop, then listens. */
  begin(opened: OpenedSession): void {
    const welcome = {
      agentName: opened.agentName,
      workPoolType: opened.workPoolType,
      heartbeatIntervalMs: this.#around.numbers.heartbeatMs,
      serverTime: this.#serverTime(),
      fenced: opened.fenced.map(({ flowRunId, epoch }) => ({ flowRunId, epoch })),
      serverVersion: VERSION,
      workPoolPaused: opened.workPoolPaused,
    };
    this.#send({ $case: "welcome", value: welcome }, true);
    this.deliverStops(opened.stops);
    this.#call.on("data", (request: SessionRequest) => this.#receive(request));
    this.#call.once("end", () => void this.#goodbye());
    this.#call.once("cancelled", () => this.#finish(false));
    this.#call.once("close", () => this.#finish(false));
    this.#call.resume();
  }

  /** How many more leases the agent would take; 0 while it is asked to go elsewhere. */
  get freeSlots(): number {
    return this.#closed || this.#asked ? 0 : this.#freeSlots;
  }

  /** The last heartbeat's number, 0 for the hello; undefined: none came since the last call. */
  takeBeat(): number | undefined {
    if (!this.#beatSince) return undefined;
    this.#beatSince = false;
    return this.#lastBeat;
  }

  /** That heartbeat is committed. */
  beatStored(sequence: number): void {
    this.#storedBeat = Math.max(this.#storedBeat, sequence);
  }

  /** Sends leases, in order. `dueInMs` is asked at the moment of sending. */
  sendLeases(
    leases: readonly GrantedLease[],
    dueInMs: (lease: GrantedLease) => number,
    onUnsent: () => void,
  ): void {
    this.#freeSlots = Math.max(0, this.#freeSlots - leases.length);
    const { stopGraceMs } = this.#around.numbers;
    this.#outbox.push({
      build: () => {
        this.#sendTimes.note(leases);
        const granted = leases.map((lease) => writeLease(lease, dueInMs(lease), stopGraceMs));
        return { message: { $case: "granted", value: { leases: granted } } };
      },
      onUnsent,
    });
  }

  /** Makes `stops` the orders that stand; new ones are sent at once. */
  deliverStops(stops: readonly StopNeeded[]): void {
    this.#stops.deliver(stops);
    // Nobody wants to hear of these again: the agent drops them without a word.
    this.holdings.letGo(stops.filter(({ reason }) => reason === "fenced"));
  }

  /** Asks the agent to open another stream `afterMs` from now. Grants it nothing more. */
  askToReconnect(afterMs: number, reason: string): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#reconnectAt = performance.now() + afterMs + RECONNECT_GRACE_MS;
    this.#send({ $case: "reconnect", value: { afterMs: Math.round(afterMs), reason } }, true);
  }

  /** Ends the stream if it is silent for too long; asks an old one to reconnect. */
  check(now: number): void {
    const { heartbeatMs, missedHeartbeats } = this.#around.numbers;
    const silentMs = now - this.#lastHeard;
    if (silentMs > heartbeatMs * missedHeartbeats) {
      const seconds = Math.round(silentMs / 1000);
      this.fail(
        new AppError("stale_session", `Nothing was heard for ${seconds} s; connect again.`),
      );
    } else if (now > this.#reconnectAt) {
      if (!this.#asked) this.askToReconnect(Math.random() * 1_000, "the stream is old");
      else this.fail(new AppError("shutting_down", "This stream is over; connect again."));
    }
  }

  /** Ends the stream with the status of the error. */
  fail(error: unknown): void {
    if (this.#closed) return;
    const failure = describeFailure(error, this.#logger);
    this.#logger.info("ended the stream of an agent", { reason: failure.message });
    this.#call.emit("error", toStatus(failure));
    this.#finish(false);
  }

  #receive({ message }: SessionRequest): void {
    if (this.#closed) return;
    this.#lastHeard = performance.now();
    try {
      this.#handle(message);
    } catch (error) {
      this.fail(error);
    }
  }

  #handle(message: SessionRequest["message"]): void {
    switch (message?.$case) {
      case "heartbeat":
        return this.#beat(message.value);
      case "credit":
        if (message.value.freeSlots < 0) throw violation("free_slots is below 0.");
        this.#freeSlots = message.value.freeSlots;
        return this.#around.onCredit(this);
      case "accepted":
        this.holdings.shows(message.value.refs.map(readRef));
        return this.#inbox.accepted(message.value.refs);
      case "startRequests":
        this.holdings.shows(message.value.refs.map(readRef));
        this.#inbox.startsRequested(message.value.refs).catch((error: unknown) => this.fail(error));
        return;
      case "reports":
        this.holdings.letGo(message.value.reports.filter(isEnd).map(({ ref }) => readRef(ref)));
        return this.#inbox.reported(message.value.reports);
      case "returned":
        this.holdings.letGo(message.value.refs.map(readRef));
        return this.#inbox.returned(message.value.refs, message.value.reason);
      case "stopAcknowledged":
        return this.#stops.acknowledge(readRef(message.value.ref));
      case "hello":
        return this.#repeatedHello(message.value);
      case undefined:
        // A kind of message that a newer agent knows and this server does not.
        return;
    }
  }

  #beat({ sequence, held }: AgentHeartbeat): void {
    this.#beatSince = true;
    this.#lastBeat = Math.max(this.#lastBeat, sequence);
    const reply = { sequence, serverTime: this.#serverTime(), storedSequence: this.#storedBeat };
    this.#send({ $case: "heartbeatReply", value: reply });
    this.#stops.repeat();
    this.#inbox.dropped(this.holdings.beat(sequence, held.map(readRef)));
  }

  /** A hello that came twice is harmless; another one needs another stream. */
  #repeatedHello(hello: AgentHello): void {
    const { agentId, session } = this.key;
    if (hello.agentId.toLowerCase() === agentId && hello.session === session) return;
    throw violation("a second hello came on one stream; open another stream for it.");
  }

  #sendStop(stop: StopNeeded): void {
    const { stopGraceMs } = this.#around.numbers;
    this.#outbox.push({ urgent: true, build: () => writeStop(stop, stopGraceMs) });
  }

  #send(message: SessionResponse["message"], urgent = false): void {
    this.#outbox.push({ urgent, build: () => ({ message }) });
  }

  #serverTime(): Date {
    return new Date(this.#opened.serverNow + performance.now() - this.#opened.monotonic);
  }

  /** The agent ended its side: what it said is still carried out, and acknowledged. */
  async #goodbye(): Promise<void> {
    await this.#inbox.idle();
    if (this.#closed) return;
    this.#call.end();
    this.#finish(true);
  }

  #finish(goodbye: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inbox.close();
    this.#outbox.close();
    this.#around.onClosed(this, goodbye);
  }
}
