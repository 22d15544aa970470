import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { AgentHarness } from "#test/support/agent-harness.ts";
import { eventually } from "#test/support/eventually.ts";
import { commandLease } from "#test/support/fake-control-plane.ts";

describe("leaving", () => {
  test("a draining agent gives back what was not started, finishes what runs, and ends", async () => {
    await using harness = await AgentHarness.open();
    const agent = await harness.start();
    const { controlPlane } = harness;
    const go = join(harness.home.path, "go");
    const running = commandLease(
      `echo up; while [ ! -e ${JSON.stringify(go)} ]; do sleep 0.01; done`,
    );
    const waiting = commandLease("echo never", { dueInMs: 600_000 });
    controlPlane.grant(running, waiting);
    await eventually(() => controlPlane.texts(running.ref).includes("up"));
    agent.drain("maintenance");
    await eventually(() => controlPlane.heard("returned").length === 1);
    expect(controlPlane.heard("returned")[0]?.value).toEqual({
      refs: [waiting.ref],
      reason: "maintenance",
    });
    expect(controlPlane.heard("credit").at(-1)?.value.freeSlots).toBe(0);
    const late = commandLease("echo never");
    controlPlane.grant(late);
    await eventually(() => controlPlane.heard("returned").length === 2);
    await Bun.write(go, "");
    expect(await agent.ended).toEqual({ kind: "finished", undelivered: 0 });
    expect((await controlPlane.ended(running.ref)).$case).toBe("exited");
  });

  test("a lease whose permission is being asked for is not given back before the answer", async () => {
    await using harness = await AgentHarness.open();
    const agent = await harness.start();
    const { controlPlane } = harness;
    controlPlane.startRule = () => ({ decision: "silence" });
    const lease = commandLease("echo ran");
    controlPlane.grant(lease);
    await eventually(() => controlPlane.heard("startRequests").length === 1);
    agent.drain("maintenance");
    controlPlane.say({
      $case: "startReplies",
      value: {
        replies: [{ ref: lease.ref, decision: "START_DECISION_GRANTED", delayMs: 0, reason: "" }],
      },
    });
    expect((await controlPlane.ended(lease.ref)).$case).toBe("exited");
    expect(controlPlane.heard("returned")).toEqual([]);
    expect(await agent.ended).toEqual({ kind: "finished", undelivered: 0 });
  });

  test("an agent that is told to stop ends its runs and says that nobody ordered it", async () => {
    await using harness = await AgentHarness.open();
    const agent = await harness.start();
    const lease = commandLease("echo up; sleep 300");
    harness.controlPlane.grant(lease);
    await eventually(() => harness.controlPlane.texts(lease.ref).includes("up"));
    agent.stopRuns("the host shuts down");
    const event = await harness.controlPlane.ended(lease.ref);
    if (event.$case !== "exited") throw new Error(`it ${event.$case}`);
    expect(event.value).toMatchObject({
      exitCode: 143,
      stoppedOnOrder: false,
      message: "stopped because the host shuts down",
    });
    expect((await agent.ended).kind).toBe("finished");
  });

  test("an agent of one round takes what is granted, finishes it and ends", async () => {
    await using harness = await AgentHarness.open();
    const agent = await harness.start({ runOnce: true });
    const lease = commandLease("echo one");
    harness.controlPlane.grant(lease);
    expect(await agent.ended).toEqual({ kind: "finished", undelivered: 0 });
    expect(harness.controlPlane.texts(lease.ref)).toEqual(["one"]);
  }, 10_000);
});
