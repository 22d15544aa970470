import type { Duplex } from "node:stream";
import { type Frame, FrameError, FrameReader, OPCODE, writeFrame } from "./frames.ts";

/** Largest message of a client. */
const MOST_BYTES = 16 * 1024 * 1024;
/** What may wait to be sent to a client that does not read, before it is let go. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
/** How long a client may take to say goodbye. */
const GOODBYE_MS = 2_000;
/** A reason must fit into a control frame with its code. */
const MOST_REASON_BYTES = 123;

/** What happens on a socket. */
export interface SocketHandlers {
  /** A message, in order. What it throws ends the socket with 1011. */
  readonly message: (text: string) => void;
  /**
   * Answered with a pong once this resolves. Pongs keep the order of their pings; a rejection ends
   * the socket without one.
   */
  readonly ping?: () => Promise<void>;
  /** The socket is over, whoever ended it. Called once. */
  readonly close?: () => void;
}

/**
 * A client's WebSocket. Pongs are sent by hand: some clients take one as the word that all before it
 * is safe, and a server that answers pings by itself would say so too early.
 */
export class WebSocketConnection {
  readonly #stream: Duplex;
  readonly #reader = new FrameReader(MOST_BYTES);
  #handlers: SocketHandlers = { message: () => {} };
  #fragments: Buffer[] = [];
  #fragmentBytes = 0;
  #pongs: Promise<void> = Promise.resolve();
  readonly #whenOver: (() => void)[] = [];
  #closing = false;
  #over = false;

  /** The stream is that of an upgraded request; `head` is what came with it. */
  constructor(stream: Duplex, head: Uint8Array) {
    this.#stream = stream;
    stream.on("data", (bytes: Buffer) => this.#receive(bytes));
    stream.on("end", () => this.#end());
    stream.on("close", () => this.#end());
    stream.on("error", () => this.#end());
    if (head.length > 0) queueMicrotask(() => this.#receive(head));
  }

  /** Hands what comes from now on to these. */
  handle(handlers: SocketHandlers): void {
    this.#handlers = handlers;
  }

  /** Calls it when the socket is over, whoever handles it then. */
  onOver(callback: () => void): void {
    this.#whenOver.push(callback);
  }

  get isOpen(): boolean {
    return !this.#closing && !this.#over;
  }

  /** Sends a value as JSON. A client that does not read for long is let go. */
  send(value: object): void {
    if (!this.isOpen) return;
    this.#write(OPCODE.text, Buffer.from(JSON.stringify(value)));
  }

  /** Says goodbye. Closing twice is harmless. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    const text = Buffer.from(reason).subarray(0, MOST_REASON_BYTES);
    // First: a client that does not read is closed when something is written.
    this.#closing = true;
    this.#write(OPCODE.close, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), text]));
    // Nothing more of it matters; its own goodbye ends the stream.
    setTimeout(() => this.#end(), GOODBYE_MS).unref();
  }

  /** Ends it without a word. */
  destroy(): void {
    this.#end();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#over) return;
    try {
      for (const frame of this.#reader.push(bytes)) this.#take(frame);
    } catch (error) {
      if (error instanceof FrameError) this.close(error.code, error.message);
      else this.close(1011, "internal error");
    }
  }

  #take(frame: Frame): void {
    const { opcode, payload } = frame;
    if (opcode === OPCODE.close) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1000;
      this.close(code === 1005 ? 1000 : code, "");
      this.#stream.end();
      return;
    }
    if (this.#closing) return;
    if (opcode === OPCODE.ping) this.#answer(payload);
    else if (opcode === OPCODE.text || opcode === OPCODE.continuation) this.#collect(frame);
    else if (opcode !== OPCODE.pong) {
      throw new FrameError(1003, "only text is spoken here");
    }
  }

  #collect({ opcode, fin, payload }: Frame): void {
    const begun = this.#fragments.length > 0;
    if (begun !== (opcode === OPCODE.continuation)) {
      throw new FrameError(1002, "a message begins within another");
    }
    // Empty ones have no bytes that count, so any number could come.
    if (!begun || payload.length > 0) this.#fragments.push(payload);
    this.#fragmentBytes += payload.length;
    if (this.#fragmentBytes > MOST_BYTES) {
      throw new FrameError(1009, `a message has more than ${MOST_BYTES} bytes`);
    }
    if (!fin) return;
    const whole = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#fragmentBytes = 0;
    this.#handlers.message(decode(whole));
  }

  #answer(payload: Buffer): void {
    // Asked for at once, so that it covers what came before the ping and nothing behind it.
    const safe = this.#handlers.ping?.() ?? Promise.resolve();
    this.#pongs = Promise.all([this.#pongs, safe]).then(
      () => {
        if (this.isOpen) this.#write(OPCODE.pong, payload);
      },
      () => this.close(1011, "what was sent could not be stored"),
    );
  }

  #write(opcode: number, payload: Uint8Array): void {
    if (this.#over) return;
    this.#stream.write(writeFrame(opcode, payload));
    // Pongs count too: a client may ask for any number of them.
    if (this.#stream.writableLength > MOST_WAITING_BYTES) this.close(1013, "too slow");
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stream.destroy();
    this.#handlers.close?.();
    for (const callback of this.#whenOver) callback();
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FrameError(1007, "a text is not UTF-8");
  }
}
