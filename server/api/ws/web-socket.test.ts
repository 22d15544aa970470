import { expect, test } from "bun:test";
import { Duplex } from "node:stream";
import { OPCODE } from "./frames.ts";
import { WebSocketConnection } from "./web-socket.ts";

/** A client that sends and never reads. */
class DeafClient extends Duplex {
  override _read(): void {}
  override _write(): void {}
}

/** A frame of a client, masked with zeros. */
function clientFrame(opcode: number, length: number): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | length]), Buffer.alloc(4 + length)]);
}

test("a client that asks for pongs and reads none is let go", async () => {
  const client = new DeafClient();
  const socket = new WebSocketConnection(client, new Uint8Array());
  const pings = Buffer.concat(Array.from({ length: 5_000 }, () => clientFrame(OPCODE.ping, 125)));
  let sent = 0;
  for (; socket.isOpen && sent < 200; sent += 1) {
    client.push(pings);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(socket.isOpen).toBe(false);
  expect(client.writableLength).toBeLessThan(40 * 1024 * 1024);
  socket.destroy();
});
