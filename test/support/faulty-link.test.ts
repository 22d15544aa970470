import { expect, test } from "bun:test";
import { connect, createServer, type Server, type Socket } from "node:net";
import { eventually } from "./eventually.ts";
import { rejection } from "./rejection.ts";
import { FaultyLink } from "./faulty-link.ts";

/** A server that sends back what it gets. */
async function echo(): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => socket.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

interface Peer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  next(): Promise<string>;
  received(): string;
}

async function peer(port: number): Promise<Peer> {
  const socket = connect({ port, host: "127.0.0.1" });
  let all = "";
  const waiting: ((text: string) => void)[] = [];
  socket.on("data", (bytes) => {
    all += bytes.toString();
    waiting.shift()?.(bytes.toString());
  });
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.on("connect", () => resolve());
    socket.on("error", reject);
  });
  return {
    socket,
    closed,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    received: () => all,
  };
}

async function say(to: Peer, text: string): Promise<string> {
  const answer = to.next();
  to.socket.write(text);
  return answer;
}

test("an open link hands bytes on in both directions", async () => {
  const target = await echo();
  await using link = await FaultyLink.open({ port: target.port });
  const client = await peer(link.port);
  expect(await say(client, "hello")).toBe("hello");
  expect(link.connections).toBe(1);
  target.close();
});

test("a cut link resets connections and refuses new ones until it is healed on the same port", async () => {
  const target = await echo();
  await using link = await FaultyLink.open({ port: target.port });
  const client = await peer(link.port);
  await say(client, "hello");
  const { port } = link;
  await link.cut();
  await client.closed;
  expect(await rejection(peer(port))).toContain("ECONNREFUSED");
  await link.heal();
  expect(link.port).toBe(port);
  expect(await say(await peer(port), "again")).toBe("again");
  target.close();
});

test("a silent link swallows bytes and leaves connections open, and they stay dead when it is healed", async () => {
  const target = await echo();
  await using link = await FaultyLink.open({ port: target.port });
  const before = await peer(link.port);
  await say(before, "hello");
  link.silence();
  before.socket.write("lost");
  const during = await peer(link.port);
  during.socket.write("lost too");
  await eventually(() => link.withheldBytes === "lostlost too".length, { timeoutMs: 5_000 });
  await link.heal();
  const after = await peer(link.port);
  expect(await say(after, "heard")).toBe("heard");
  before.socket.write("still lost");
  during.socket.write("still lost");
  expect(await say(after, "last")).toBe("last");
  expect(before.received()).toBe("hello");
  expect(during.received()).toBe("");
  expect(before.socket.readyState).toBe("open");
  target.close();
});

test("a link that is silent one way lets the other way pass", async () => {
  const heard: string[] = [];
  const target = createServer((socket) => {
    socket.on("data", (bytes) => {
      heard.push(bytes.toString());
      socket.write("answer");
    });
  });
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", () => resolve()));
  const address = target.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  await using link = await FaultyLink.open({ port: address.port });
  const client = await peer(link.port);
  await say(client, "one");
  link.silence("down");
  client.socket.write("two");
  await eventually(() => link.withheldBytes === "answer".length, { timeoutMs: 5_000 });
  await link.heal();
  const third = await peer(link.port);
  await say(third, "three");
  expect(heard).toEqual(["one", "two", "three"]);
  expect(client.received()).toBe("answer");
  target.close();
});

test("a held link delivers in order what it kept back, once it is healed", async () => {
  const target = await echo();
  await using link = await FaultyLink.open({ port: target.port });
  const client = await peer(link.port);
  await say(client, "hello ");
  link.hold("up");
  client.socket.write("one ");
  await eventually(() => link.withheldBytes === "one ".length, { timeoutMs: 5_000 });
  expect(client.received()).toBe("hello ");
  const late = client.next();
  await link.heal();
  await late;
  expect(await say(client, "two")).toBe("two");
  expect(client.received()).toBe("hello one two");
  target.close();
});

test("a delayed link hands bytes on later and in order", async () => {
  const target = await echo();
  await using link = await FaultyLink.open({ port: target.port });
  const client = await peer(link.port);
  link.delay(30);
  const before = performance.now();
  expect(await say(client, "hello")).toBe("hello");
  expect(performance.now() - before).toBeGreaterThan(55);
  target.close();
});
