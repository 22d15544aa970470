import { expect, test } from "bun:test";
import { StatementStream } from "./statement-counter.ts";

function message(type: string, body: string): Buffer {
  const bytes = Buffer.from(`${type}....${body}\0`);
  bytes.writeUInt32BE(bytes.length - type.length, type.length);
  return bytes;
}

const SPOKEN = Buffer.concat([
  message("", "user\0me"),
  message("p", "secret"),
  message("Q", "begin"),
  message("P", "name\0select Q"),
  message("B", "EEEE"),
  message("E", ""),
  message("S", ""),
  message("Q", "commit"),
]);

test("queries and executions are counted, and nothing else", () => {
  const stream = new StatementStream();
  stream.push(SPOKEN);
  expect(stream.count).toBe(3);
});

test("it does not matter where the bytes are cut", () => {
  const stream = new StatementStream();
  for (const byte of SPOKEN) stream.push(Buffer.from([byte]));
  expect(stream.count).toBe(3);
});
