import { expect, test } from "bun:test";
import { TestServer } from "#test/support/test-server.ts";

test("a session ends when its pool is deleted, once it holds nothing, and its agent hears why", async () => {
  await using server = await TestServer.start({ SLUICE_SERVER_HEARTBEAT_SECONDS: "1" });
  const workPoolName = "short-lived";
  await server.client.createWorkPool({ name: workPoolName, type: "process" });
  const agent = server.session();
  await agent.hello({ workPoolName });
  await server.client.unary((...rest) =>
    server.client.workPools.deleteWorkPool({ name: workPoolName }, ...rest),
  );
  agent.say({ $case: "heartbeat", value: { sequence: 1, held: [] } });
  expect((await agent.failure()).code).toBe(10);
  const again = server.session();
  again.hello({ workPoolName }).catch(() => {});
  expect((await again.failure()).details).toContain(workPoolName);
});
