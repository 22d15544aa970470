import { randomBytes } from "node:crypto";
import { createConnection, type Socket } from "node:net";

/** What a server sent: a text, a pong's content, or its goodbye. */
export type Received =
  | { readonly kind: "text"; readonly value: unknown }
  | { readonly kind: "pong"; readonly text: string }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

/**
 * A client of WebSockets that sends pings by hand and sees pongs, which those of browsers and of Bun
 * do not.
 */
export class SocketClient implements Disposable {
  readonly #socket: Socket;
  readonly #received: Received[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#take();
    });
    socket.on("error", () => {});
  }

  /** Connects; `url` is where HTTP is served. Throws with the status if it is refused. */
  static async connect(url: string, path: string, protocol = "prefect"): Promise<SocketClient> {
    const { port } = new URL(url);
    const socket = createConnection({ host: "127.0.0.1", port: Number(port) });
    const key = randomBytes(16).toString("base64");
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${protocol}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    let head = Buffer.alloc(0);
    const read = (bytes: Buffer): void => {
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.off("data", read);
      const status = /^HTTP\/1\.1 (\d+)/.exec(head.toString("latin1"))?.[1];
      if (status === "101") resolve(head.subarray(end + 4));
      else reject(new Error(`refused with ${status}`));
    };
    socket.on("data", read);
    socket.once("error", reject);
    const rest = await promise;
    const client = new SocketClient(socket);
    if (rest.length > 0) socket.emit("data", rest);
    return client;
  }

  /** Connects and says who it is. */
  static async open(url: string, path: string, token: string | null = null): Promise<SocketClient> {
    const client = await SocketClient.connect(url, path);
    client.send({ type: "auth", token });
    const answer = await client.next();
    if (answer.kind !== "text") throw new Error(`not let in: ${JSON.stringify(answer)}`);
    return client;
  }

  /** Sends a value as JSON. */
  send(value: unknown): void {
    this.#write(1, Buffer.from(JSON.stringify(value)));
  }

  /** Sends a ping. */
  ping(text: string): void {
    this.#write(9, Buffer.from(text));
  }

  /** The next thing that the server sent. */
  async next(): Promise<Received> {
    for (;;) {
      const received = this.#received.shift();
      if (received !== undefined) return received;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** The next text, as JSON. Throws if something else comes. */
  async nextMessage(): Promise<unknown> {
    const received = await this.next();
    if (received.kind !== "text") throw new Error(`no message: ${JSON.stringify(received)}`);
    return received.value;
  }

  /** What has come and was not taken yet. */
  get waiting(): readonly Received[] {
    return this.#received;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #write(opcode: number, payload: Buffer): void {
    const mask = randomBytes(4);
    const { length } = payload;
    const head =
      length < 126
        ? Buffer.from([0x80 | opcode, 0x80 | length])
        : Buffer.from([0x80 | opcode, 0xfe, length >> 8, length & 0xff]);
    const masked = payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0));
    this.#socket.write(Buffer.concat([head, mask, masked]));
  }

  #take(): void {
    for (;;) {
      if (this.#bytes.length < 2) break;
      const short = (this.#bytes[1] ?? 0) & 0x7f;
      const at = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.#bytes.length < at) break;
      const length =
        short === 126
          ? this.#bytes.readUInt16BE(2)
          : short === 127
            ? Number(this.#bytes.readBigUInt64BE(2))
            : short;
      if (this.#bytes.length < at + length) break;
      const payload = this.#bytes.subarray(at, at + length);
      const opcode = (this.#bytes[0] ?? 0) & 0x0f;
      this.#bytes = this.#bytes.subarray(at + length);
      if (opcode === 1)
        this.#received.push({ kind: "text", value: JSON.parse(payload.toString()) });
      if (opcode === 10) this.#received.push({ kind: "pong", text: payload.toString() });
      if (opcode === 8) {
        const code = payload.readUInt16BE(0);
        this.#received.push({ kind: "close", code, reason: payload.subarray(2).toString() });
      }
    }
    this.#wake();
  }
}
