import { expect, test } from "bun:test";
import { once } from "node:events";
import { createServer } from "node:http";
import { silentLogger } from "#shared/logger.ts";
import { fetchListener } from "./fetch-listener.ts";

test("the body of who may send none is not kept", async () => {
  const answer = async (request: Request): Promise<Response> =>
    new Response(String((await request.bytes()).length));
  const server = createServer(fetchListener(answer, (header) => header === "me", silentLogger));
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  try {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const send = async (authorization: string): Promise<string> => {
      const body = "x".repeat(100_000);
      const options = { method: "POST", body, headers: { authorization } };
      return (await fetch(`http://127.0.0.1:${port}/`, options)).text();
    };
    expect(await send("me")).toBe("100000");
    expect(await send("you")).toBe("0");
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
