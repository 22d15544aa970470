import { switchedOn } from "#shared/failpoints.ts";

/** What waits to be sent. */
export interface OutboxMessage<Message> {
  /** Makes the message at the moment it is handed over, so that spans in it are counted from then. */
  readonly build: () => Message;
  /** Overtakes everything that is not urgent. */
  readonly urgent?: boolean;
  /** Called once the transport has taken the message. */
  readonly onSent?: () => void;
  /** Called instead, if it waited too long or the stream ended first: it was never sent. */
  readonly onUnsent?: () => void;
}

/** Where an outbox writes. */
export interface Transport<Message> {
  /** Takes a message; calls back when it is flushed. False: wait until all are flushed. */
  write(message: Message, flushed: () => void): boolean;
}

/** Messages handed to the transport that it has not flushed yet: enough to keep it busy. */
const MAX_IN_FLIGHT = 8;

/**
 * The one way out of a stream. Messages leave in order, urgent ones before others. When the
 * transport is full they wait here, where they can be overtaken, and taken back if they cannot be
 * sent within `stuckMs`.
 */
export class Outbox<Message> {
  readonly #transport: Transport<Message>;
  readonly #stuckMs: number;
  readonly #urgent: OutboxMessage<Message>[] = [];
  readonly #ordinary: { message: OutboxMessage<Message>; since: number }[] = [];
  #inFlight = 0;
  #full = false;
  #closed = false;
  #stuckTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport<Message>, stuckMs: number) {
    this.#transport = transport;
    this.#stuckMs = stuckMs;
  }

  /** Sends the message as soon as the transport takes it. */
  push(message: OutboxMessage<Message>): void {
    if (this.#closed) {
      message.onUnsent?.();
      return;
    }
    if (message.urgent === true) this.#urgent.push(message);
    else this.#ordinary.push({ message, since: performance.now() });
    this.#pump();
  }

  /** Gives back everything that was not sent. Nothing is sent any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#stuckTimer);
    const unsent = [...this.#urgent, ...this.#ordinary.map(({ message }) => message)];
    this.#urgent.length = 0;
    this.#ordinary.length = 0;
    for (const message of unsent) message.onUnsent?.();
  }

  #pump(): void {
    while (!this.#closed && !this.#full && this.#inFlight < MAX_IN_FLIGHT) {
      const message = this.#urgent.shift() ?? this.#ordinary.shift()?.message;
      if (message === undefined) break;
      this.#write(message.build(), message.onSent);
    }
    this.#watchForStuck();
  }

  #write(message: Message, onSent: (() => void) | undefined): void {
    const copies = switchedOn("duplicate-messages") ? 2 : 1;
    for (let copy = 1; copy <= copies; copy++) {
      this.#inFlight += 1;
      const more = this.#transport.write(message, () => {
        this.#inFlight -= 1;
        if (this.#inFlight === 0) this.#full = false;
        if (copy === copies) onSent?.();
        this.#pump();
      });
      if (!more && this.#inFlight > 0) this.#full = true;
    }
  }

  #watchForStuck(): void {
    const oldest = this.#ordinary.find(({ message }) => message.onUnsent !== undefined);
    if (oldest === undefined || this.#stuckTimer !== undefined) return;
    const waitMs = Math.max(0, oldest.since + this.#stuckMs - performance.now());
    this.#stuckTimer = setTimeout(() => {
      this.#stuckTimer = undefined;
      this.#takeBackStuck();
      if (!this.#closed) this.#watchForStuck();
    }, waitMs);
  }

  /** Only what somebody wants back is taken back; the rest, such as replies, goes on waiting. */
  #takeBackStuck(): void {
    const limit = performance.now() - this.#stuckMs;
    const isStuck = (item: { message: OutboxMessage<Message>; since: number }): boolean =>
      item.since <= limit && item.message.onUnsent !== undefined;
    const stuck = this.#ordinary.filter(isStuck);
    const kept = this.#ordinary.filter((item) => !isStuck(item));
    this.#ordinary.splice(0, this.#ordinary.length, ...kept);
    for (const { message } of stuck) message.onUnsent?.();
  }
}
