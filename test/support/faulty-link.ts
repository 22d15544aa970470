import { createServer, connect, type Server, type Socket } from "node:net";

/** Where bytes go: a TCP port of this machine or a Unix socket. */
export type LinkTarget = { readonly port: number } | { readonly path: string };

/**
 * What the link does with bytes. `open`: hands them on. `cut`: refuses and resets connections.
 * `silent`: accepts connections and swallows every byte, as a half-open path does; connections that
 * lived through it stay dead. `held`: keeps bytes and delivers them when it is healed, as a path on
 * which packets were lost for a while does.
 */
export type LinkMode = "open" | "cut" | "silent" | "held";

/** Which way a fault works; `up` is towards the target. */
export type LinkDirection = "up" | "down" | "both";

interface Half {
  readonly direction: "up" | "down";
  readonly to: Socket;
  held: Buffer[];
  dead: boolean;
}

/** A TCP proxy that can delay, cut, go silent and heal. */
export class FaultyLink implements AsyncDisposable {
  #target: LinkTarget;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #halves = new Set<Half>();
  #mode: LinkMode = "open";
  #direction: LinkDirection = "both";
  #delayMs = 0;
  #port = 0;
  #withheld = 0;

  private constructor(target: LinkTarget) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: false }, (client) => this.#accept(client));
  }

  /** Opens a link on a free port of 127.0.0.1. */
  static async open(target: LinkTarget): Promise<FaultyLink> {
    const link = new FaultyLink(target);
    await link.#listen();
    return link;
  }

  /** Where to connect instead of the target. */
  get port(): number {
    return this.#port;
  }

  /** How many connections pass through it. */
  get connections(): number {
    return this.#halves.size / 2;
  }

  /** How many bytes were swallowed or kept back so far. */
  get withheldBytes(): number {
    return this.#withheld;
  }

  /** Hands on every later byte this much later. */
  delay(milliseconds: number): void {
    this.#delayMs = milliseconds;
  }

  /** Resets all connections and refuses new ones. */
  async cut(): Promise<void> {
    this.#mode = "cut";
    this.#destroyAll();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Leads connections that are opened later elsewhere; those there are go on as they were. */
  retarget(target: LinkTarget): void {
    this.#target = target;
  }

  /** Swallows every byte from now on without closing anything. */
  silence(direction: LinkDirection = "both"): void {
    this.#mode = "silent";
    this.#direction = direction;
  }

  /** Keeps every byte back from now on. */
  hold(direction: LinkDirection = "both"): void {
    this.#mode = "held";
    this.#direction = direction;
  }

  /** Works again: new connections pass, and what was held is delivered. */
  async heal(): Promise<void> {
    if (this.#mode === "cut") await this.#listen();
    this.#mode = "open";
    this.#delayMs = 0;
    for (const half of this.#halves) {
      for (const bytes of half.held) half.to.write(bytes);
      half.held = [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#mode !== "cut") await this.cut();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, "127.0.0.1", () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        if (address !== null && typeof address === "object") this.#port = address.port;
        resolve();
      });
    });
  }

  #accept(client: Socket): void {
    const target = connect({ host: "127.0.0.1", ...this.#target });
    this.#join(client, { direction: "up", to: target, held: [], dead: false });
    this.#join(target, { direction: "down", to: client, held: [], dead: false });
  }

  #join(from: Socket, half: Half): void {
    this.#sockets.add(from);
    this.#halves.add(half);
    from.setNoDelay(true);
    from.on("data", (bytes: Buffer) => this.#pass(half, bytes));
    from.on("error", () => from.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      this.#halves.delete(half);
      // Through a silent path not even the end of a connection is heard.
      if (!half.dead && !this.#faulty(half)) half.to.destroy();
    });
  }

  #pass(half: Half, bytes: Buffer): void {
    if (this.#mode === "silent" && this.#faulty(half)) half.dead = true;
    if (half.dead || this.#faulty(half)) this.#withheld += bytes.length;
    if (half.dead) return;
    if (this.#mode === "held" && this.#faulty(half)) {
      half.held.push(bytes);
    } else if (this.#delayMs > 0) {
      setTimeout(() => half.to.writable && half.to.write(bytes), this.#delayMs);
    } else {
      half.to.write(bytes);
    }
  }

  #faulty(half: Half): boolean {
    const works = this.#mode === "open" || this.#mode === "cut";
    return !works && (this.#direction === "both" || this.#direction === half.direction);
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}
