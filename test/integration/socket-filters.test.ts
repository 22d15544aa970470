import { afterAll, beforeAll, expect, test } from "bun:test";
import { SocketClient } from "#test/support/socket-client.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

test("events reach the others, whoever asks for a name that no event can have", async () => {
  const out = "/api/events/out";
  using odd = await SocketClient.open(server.url, out);
  odd.send({ type: "filter", filter: { event: { name: ["\0"] } }, backfill: false });
  using socket = await SocketClient.open(server.url, out);
  socket.send({ type: "filter", filter: { event: { name: ["odd.test"] } } });
  using teller = await SocketClient.open(server.url, "/api/events/in");
  teller.send({
    id: Bun.randomUUIDv7(),
    occurred: new Date().toISOString(),
    event: "odd.test",
    resource: { "prefect.resource.id": "x" },
    related: [],
    payload: {},
    follows: null,
  });
  expect(await socket.next()).toMatchObject({ kind: "text", value: { type: "event" } });
});
