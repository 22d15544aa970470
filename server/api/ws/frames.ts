/** What the frames of a WebSocket may be (RFC 6455, section 11.8). */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One frame of a client, unmasked. */
export interface Frame {
  readonly opcode: number;
  /** Whether its message ends with it. */
  readonly fin: boolean;
  readonly payload: Buffer;
}

/** What a client sent is no WebSocket, or too large: the connection ends with this code. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const CONTROL = 8;
const MOST_CONTROL_BYTES = 125;

/** Takes frames out of a stream of bytes, however it is cut. */
export class FrameReader {
  readonly #mostBytes: number;
  #pending: Buffer = Buffer.alloc(0);
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** How many bytes the next frame takes, as far as is known. */
  #wanted = 2;

  /** `mostBytes`: of one frame. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The frames that are complete with these bytes. Throws a FrameError for what is none. */
  push(bytes: Uint8Array): Frame[] {
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    // A long frame comes in many pieces; they are joined once.
    if (this.#bytes < this.#wanted) return [];
    this.#pending = Buffer.concat(this.#chunks);
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) frames.push(frame);
    this.#chunks = [this.#pending];
    this.#bytes = this.#pending.length;
    return frames;
  }

  #take(): Frame | undefined {
    const bytes = this.#pending;
    this.#wanted = 2;
    if (bytes.length < 2) return undefined;
    const [first = 0, second = 0] = bytes;
    if ((first & 0x70) !== 0) throw new FrameError(1002, "a frame has reserved bits");
    if ((second & 0x80) === 0) throw new FrameError(1002, "a client's frame is not masked");
    const opcode = first & 0x0f;
    const fin = (first & 0x80) !== 0;
    const short = second & 0x7f;
    if (opcode >= CONTROL && (!fin || short > MOST_CONTROL_BYTES)) {
      throw new FrameError(1002, "a control frame is cut or too long");
    }
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const maskAt = 2 + lengthBytes;
    this.#wanted = maskAt + 4;
    if (bytes.length < this.#wanted) return undefined;
    const length =
      lengthBytes === 8
        ? Number(bytes.readBigUInt64BE(2))
        : lengthBytes === 2
          ? bytes.readUInt16BE(2)
          : short;
    if (length > this.#mostBytes) {
      throw new FrameError(1009, `a message has more than ${this.#mostBytes} bytes`);
    }
    const end = maskAt + 4 + length;
    this.#wanted = end;
    if (bytes.length < end) return undefined;
    const mask = bytes.subarray(maskAt, maskAt + 4);
    const payload = Buffer.from(bytes.subarray(maskAt + 4, end));
    for (let index = 0; index < length; index += 1) {
      payload[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
    }
    this.#pending = bytes.subarray(end);
    return { opcode, fin, payload };
  }
}

/** A frame as a server sends it: whole and unmasked. */
export function writeFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? Buffer.from([0x80 | opcode, length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, 126, length >> 8, length & 0xff])
        : Buffer.alloc(10);
  if (head.length === 10) {
    head[0] = 0x80 | opcode;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}
