import { expect, test } from "bun:test";
import fc from "fast-check";
import { FrameError, FrameReader, OPCODE, writeFrame } from "./frames.ts";

/** A frame as a client sends it. */
function masked(opcode: number, payload: Uint8Array, fin = true): Buffer {
  const mask = Buffer.from([1, 2, 3, 4]);
  const plain = writeFrame(opcode, payload);
  const head = Buffer.from(plain.subarray(0, plain.length - payload.length));
  head[0] = ((head[0] ?? 0) & 0x7f) | (fin ? 0x80 : 0);
  head[1] = (head[1] ?? 0) | 0x80;
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}

test("frames are found however the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(400), { maxLength: 6 }),
      (payloads, cuts) => {
        const bytes = Buffer.concat(payloads.map((payload) => masked(OPCODE.text, payload)));
        const places = [...new Set([0, ...cuts.map((cut) => cut % bytes.length), bytes.length])];
        places.sort((a, b) => a - b);
        const reader = new FrameReader(1000);
        const frames = places
          .slice(1)
          .flatMap((end, index) => reader.push(bytes.subarray(places[index], end)));
        expect(frames.map((frame) => [...frame.payload])).toEqual(payloads.map((p) => [...p]));
      },
    ),
  );
});

test("a long message has a long length", () => {
  for (const length of [125, 126, 65_535, 65_536]) {
    const [frame] = new FrameReader(100_000).push(masked(OPCODE.binary, Buffer.alloc(length, 7)));
    expect(frame?.payload).toHaveLength(length);
    expect(frame?.payload[length - 1]).toBe(7);
  }
});

test("what is no frame of a client is refused with its code", () => {
  const refused = (bytes: Buffer): number => {
    try {
      new FrameReader(10).push(bytes);
      return 0;
    } catch (error) {
      return error instanceof FrameError ? error.code : -1;
    }
  };
  expect(refused(writeFrame(OPCODE.text, Buffer.from("x")))).toBe(1002);
  expect(refused(masked(OPCODE.text, Buffer.alloc(11)))).toBe(1009);
  expect(refused(masked(OPCODE.ping, Buffer.alloc(1), false))).toBe(1002);
  const reserved = masked(OPCODE.text, Buffer.alloc(1));
  reserved[0] = (reserved[0] ?? 0) | 0x40;
  expect(refused(reserved)).toBe(1002);
});
