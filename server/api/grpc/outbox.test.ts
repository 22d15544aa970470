import { describe, expect, test } from "bun:test";
import { eventually } from "#test/support/eventually.ts";
import { Outbox, type Transport } from "./outbox.ts";

/** A transport that takes `room` messages and flushes them when told to. */
class SlowTransport implements Transport<string> {
  readonly written: string[] = [];
  readonly #waiting: (() => void)[] = [];
  #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  write(message: string, flushed: () => void): boolean {
    this.written.push(message);
    this.#waiting.push(flushed);
    this.#room -= 1;
    return this.#room > 0;
  }

  flush(room: number): void {
    this.#room = room;
    for (const flushed of this.#waiting.splice(0)) flushed();
  }
}

const say = (text: string) => ({ build: () => text });

describe("Outbox", () => {
  test("sends in order while the transport takes messages", () => {
    const transport = new SlowTransport(5);
    const outbox = new Outbox(transport, 1000);
    for (const text of ["a", "b", "c"]) outbox.push(say(text));
    expect(transport.written).toEqual(["a", "b", "c"]);
    outbox.close();
  });

  test("an urgent message overtakes what waits, and urgent ones keep their order", () => {
    const transport = new SlowTransport(1);
    const outbox = new Outbox(transport, 1000);
    outbox.push(say("a"));
    outbox.push(say("lease"));
    outbox.push({ ...say("stop 1"), urgent: true });
    outbox.push({ ...say("stop 2"), urgent: true });
    expect(transport.written).toEqual(["a"]);
    transport.flush(10);
    expect(transport.written).toEqual(["a", "stop 1", "stop 2", "lease"]);
    outbox.close();
  });

  test("nothing is written after the transport said it is full, until all is flushed", () => {
    const transport = new SlowTransport(2);
    const outbox = new Outbox(transport, 1000);
    for (const text of ["a", "b", "c", "d"]) outbox.push(say(text));
    expect(transport.written).toEqual(["a", "b"]);
    transport.flush(1);
    expect(transport.written).toEqual(["a", "b", "c"]);
    outbox.close();
  });

  test("a message is made when it is sent, not when it is pushed", () => {
    const transport = new SlowTransport(1);
    const outbox = new Outbox(transport, 1000);
    outbox.push(say("a"));
    let value = "early";
    outbox.push({ build: () => value });
    value = "late";
    transport.flush(1);
    expect(transport.written).toEqual(["a", "late"]);
    outbox.close();
  });

  test("a message that is stuck is taken back and never sent; a reply goes on waiting", async () => {
    const transport = new SlowTransport(1);
    const outbox = new Outbox(transport, 5);
    let returned = 0;
    outbox.push(say("a"));
    outbox.push(say("reply"));
    outbox.push({ ...say("lease"), onUnsent: () => (returned += 1) });
    await eventually(() => returned === 1, { timeoutMs: 2000 });
    transport.flush(10);
    expect(transport.written).toEqual(["a", "reply"]);
    outbox.close();
    expect(returned).toBe(1);
  });

  test("closing gives back exactly what was not sent, and so does pushing afterwards", () => {
    const transport = new SlowTransport(1);
    const outbox = new Outbox(transport, 1000);
    const fate: string[] = [];
    const lease = (name: string) => ({
      ...say(name),
      onSent: () => fate.push(`${name} sent`),
      onUnsent: () => fate.push(`${name} unsent`),
    });
    outbox.push(lease("a"));
    outbox.push(lease("b"));
    outbox.close();
    outbox.push(lease("c"));
    transport.flush(10);
    expect(fate).toEqual(["b unsent", "c unsent", "a sent"]);
    expect(transport.written).toEqual(["a"]);
  });
});
