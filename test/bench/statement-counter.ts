import { connect, createServer, type Server, type Socket } from "node:net";

const LENGTH_BYTES = 4;
const EXECUTE = "E".charCodeAt(0);
const QUERY = "Q".charCodeAt(0);

/**
 * Counts the statements that one client of the PostgreSQL protocol sends: each simple query and
 * each execution of a prepared statement.
 */
export class StatementStream {
  #rest: Buffer = Buffer.alloc(0);
  #started = false;
  #count = 0;

  /** Statements seen so far. */
  get count(): number {
    return this.#count;
  }

  /** Takes the next bytes, cut anywhere. */
  push(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      // The first message, the start-up, has no type before its length.
      const head = this.#started ? 1 : 0;
      if (this.#rest.length < head + LENGTH_BYTES) return;
      const end = head + this.#rest.readUInt32BE(head);
      if (this.#rest.length < end) return;
      const type = this.#rest[0];
      if (this.#started && (type === QUERY || type === EXECUTE)) this.#count += 1;
      this.#started = true;
      this.#rest = this.#rest.subarray(end);
    }
  }
}

/** A proxy before PostgreSQL that counts what is asked of it. */
export class StatementCounter implements AsyncDisposable {
  readonly #server: Server;
  readonly #streams = new Set<StatementStream>();
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor(socketPath: string) {
    this.#server = createServer((client) => {
      const stream = new StatementStream();
      const database = connect({ path: socketPath });
      this.#streams.add(stream);
      for (const socket of [client, database]) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on("error", () => socket.destroy());
      }
      client.on("data", (bytes: Buffer) => {
        stream.push(bytes);
        database.write(bytes);
      });
      database.on("data", (bytes: Buffer) => client.write(bytes));
      client.on("close", () => database.destroy());
      database.on("close", () => client.destroy());
    });
  }

  /** Listens on a free port before the database at a Unix socket. */
  static async open(socketPath: string): Promise<StatementCounter> {
    const counter = new StatementCounter(socketPath);
    await new Promise<void>((resolve) => {
      counter.#server.listen(0, "127.0.0.1", () => resolve());
    });
    const address = counter.#server.address();
    if (address !== null && typeof address === "object") counter.#port = address.port;
    return counter;
  }

  /** Where to connect instead. */
  get port(): number {
    return this.#port;
  }

  /** Statements of all connections so far. */
  get count(): number {
    return [...this.#streams].reduce((sum, stream) => sum + stream.count, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
