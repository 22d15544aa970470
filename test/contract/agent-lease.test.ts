import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderName } from "#agent/state-directory.ts";
import { StopReason } from "#proto/sluice/v1/agent_service.ts";
import { LostPolicy } from "#proto/sluice/v1/lease.ts";
import { AgentHarness } from "#test/support/agent-harness.ts";
import { eventually } from "#test/support/eventually.ts";
import { commandLease } from "#test/support/fake-control-plane.ts";

describe("a lease that runs", () => {
  test("its exit, its lines and its times reach the control plane, and nothing is left of it", async () => {
    await using harness = await AgentHarness.open();
    const agent = await harness.start();
    const { controlPlane } = harness;
    const lease = commandLease(
      'echo "$SLUICE_FLOW_RUN_NAME $SLUICE_ATTEMPT"; echo two >&2; printf three; exit 3',
    );
    controlPlane.grant(lease);
    const event = await controlPlane.ended(lease.ref);
    if (event.$case !== "exited") throw new Error(`it ${event.$case}`);
    expect(event.value).toMatchObject({
      exitCode: 3,
      signal: "",
      stoppedOnOrder: false,
      message: "",
    });
    const { startedAfterUs = -1, exitedAfterUs = -1 } = event.value;
    expect(startedAfterUs).toBeGreaterThan(0);
    expect(exitedAfterUs).toBeGreaterThanOrEqual(startedAfterUs);
    expect(controlPlane.reportsOn(lease.ref).map((report) => report.event?.$case)).toEqual([
      "started",
      "exited",
    ]);
    await eventually(() => agent.status().attempts === 0);
    expect(controlPlane.texts(lease.ref)).toEqual(["brisk-otter 1", "two", "three"]);
    expect(agent.status()).toMatchObject({
      runs: 0,
      freeSlots: 4,
      unacknowledgedReports: 0,
      unsentOutputs: 0,
    });
    expect(readdirSync(join(harness.home.path, folderName("etl", "a1"), "runs"))).toEqual([]);
  });

  test("its first output has the time it was noticed at, and none if its end came first", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    const { controlPlane } = harness;
    type Times = { output: number | undefined; exit: number };
    const times = async (lease: ReturnType<typeof commandLease>): Promise<Times> => {
      const event = await controlPlane.ended(lease.ref);
      if (event.$case !== "exited") throw new Error(`it ${event.$case}`);
      const { firstOutputAfterUs: output, exitedAfterUs: exit = -1 } = event.value;
      return { output, exit };
    };
    const go = join(harness.home.path, "go");
    const slow = commandLease(`echo seen; until [ -e '${go}' ]; do sleep 0.01; done`);
    controlPlane.grant(slow);
    await eventually(() => controlPlane.texts(slow.ref).includes("seen"));
    writeFileSync(go, "");
    const { output = -1, exit } = await times(slow);
    expect(output).toBeGreaterThan(0);
    expect(output).toBeLessThan(exit);
    for (let i = 0; i < 10; i++) {
      const short = commandLease("printf x");
      controlPlane.grant(short);
      const told = await times(short);
      expect(told.output ?? 0).toBeLessThan(told.exit);
    }
  });

  test("a line is stored while the run goes on", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    const lease = commandLease("echo early; sleep 300");
    harness.controlPlane.grant(lease);
    await eventually(() => harness.controlPlane.texts(lease.ref).includes("early"));
    harness.controlPlane.stop(lease.ref, 1000);
    await harness.controlPlane.ended(lease.ref);
  });

  test("ten thousand lines come once each and in order, although everything is said twice", async () => {
    await using harness = await AgentHarness.open();
    const agent = await harness.start();
    harness.controlPlane.repeatsItself = true;
    const lease = commandLease("seq 1 10000");
    harness.controlPlane.grant(lease);
    await harness.controlPlane.ended(lease.ref);
    await eventually(() => agent.status().attempts === 0);
    expect(harness.controlPlane.texts(lease.ref)).toEqual(
      Array.from({ length: 10_000 }, (_, i) => String(i + 1)),
    );
    expect(harness.controlPlane.reportsOn(lease.ref).length).toBe(2);
  });

  test("a lease that is not due is accepted at once, and is asked for only when it is due", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    const { controlPlane } = harness;
    const lease = commandLease("true", { dueInMs: 400 });
    const grantedAt = performance.now();
    controlPlane.grant(lease);
    await eventually(() => controlPlane.heard("accepted").length === 1);
    expect(controlPlane.heard("startRequests")).toEqual([]);
    await eventually(() => controlPlane.heard("startRequests").length === 1);
    expect(performance.now() - grantedAt).toBeGreaterThanOrEqual(399);
    await controlPlane.ended(lease.ref);
  });

  test("one that must wait asks again after the delay, and one that is refused is dropped", async () => {
    await using harness = await AgentHarness.open();
    const agent = await harness.start();
    const { controlPlane } = harness;
    let asked = 0;
    controlPlane.startRule = () =>
      ++asked === 1 ? { decision: "wait", delayMs: 60 } : { decision: "refused" };
    const lease = commandLease("echo never");
    controlPlane.grant(lease);
    await eventually(() => asked === 2);
    await eventually(() => agent.status().attempts === 0);
    expect(controlPlane.reportsOn(lease.ref)).toEqual([]);
    expect(agent.status().freeSlots).toBe(4);
  });

  test("a hundred leases at once all run, and credit is never below zero", async () => {
    await using harness = await AgentHarness.open();
    await harness.start({ limit: 100 });
    const leases = Array.from({ length: 100 }, (_, i) => commandLease(`exit ${i}`));
    harness.controlPlane.grant(...leases);
    for (const [i, lease] of leases.entries()) {
      const event = await harness.controlPlane.ended(lease.ref);
      expect(event.$case === "exited" && event.value.exitCode).toBe(i);
    }
    await eventually(() => harness.controlPlane.heard("credit").at(-1)?.value.freeSlots === 100);
    for (const { value } of harness.controlPlane.heard("credit"))
      expect(value.freeSlots).toBeGreaterThanOrEqual(0);
  }, 30_000);
});

describe("a lease that cannot run", () => {
  const impossible: readonly (readonly [string, Record<string, unknown>, string])[] = [
    [
      "a working directory that does not exist",
      { command: "true", working_dir: "/nowhere" },
      "/nowhere does not exist",
    ],
    ["no command", {}, "set the job variable 'command'"],
    ["an environment that is none", { command: "true", env: "A=1" }, "env"],
  ];
  for (const [what, jobVariables, reason] of impossible) {
    test(`${what} is reported as never started, with the reason`, async () => {
      await using harness = await AgentHarness.open();
      await harness.start();
      const lease = commandLease("", { jobVariablesJson: JSON.stringify(jobVariables) });
      harness.controlPlane.grant(lease);
      const event = await harness.controlPlane.ended(lease.ref);
      if (event.$case !== "crashed") throw new Error(`it ${event.$case}`);
      expect(event.value.neverStarted).toBe(true);
      expect(event.value.reason).toContain(reason);
      expect(harness.controlPlane.heard("startRequests")).toEqual([]);
    });
  }

  test("a bad lease does no harm to the next one", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    const bad = commandLease("true", { parametersJson: "{", baseJobTemplateJson: "[]" });
    const good = commandLease("exit 7");
    harness.controlPlane.grant(bad, good);
    expect((await harness.controlPlane.ended(bad.ref)).$case).toBe("crashed");
    expect((await harness.controlPlane.ended(good.ref)).$case).toBe("exited");
  });
});

describe("a stop order", () => {
  test("that comes before the start is heard at once and reported as never started", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    const lease = commandLease("echo never", { dueInMs: 600_000 });
    harness.controlPlane.grant(lease);
    await eventually(() => harness.controlPlane.heard("accepted").length === 1);
    harness.controlPlane.stop(lease.ref, 5000);
    const event = await harness.controlPlane.ended(lease.ref);
    expect(event).toEqual({
      $case: "crashed",
      value: {
        reason: "stopped before it was started, because the run was cancelled",
        neverStarted: true,
        lostContact: false,
      },
    });
    expect(harness.controlPlane.heard("stopAcknowledged").length).toBe(1);
  });

  test("that comes while permission is asked for wins over the permission", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    const { controlPlane } = harness;
    controlPlane.startRule = (ref) => {
      controlPlane.stop(ref, 0);
      return { decision: "granted" };
    };
    const lease = commandLease("echo never");
    controlPlane.grant(lease);
    const event = await controlPlane.ended(lease.ref);
    expect(event.$case === "crashed" && event.value.neverStarted).toBe(true);
    expect(controlPlane.texts(lease.ref)).toEqual([]);
  });

  test("that comes while it runs ends the tree first and is then reported", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    const { controlPlane } = harness;
    const marker = join(harness.home.path, "lives");
    const lease = commandLease(
      `setsid sh -c 'trap "" TERM; while :; do touch ${JSON.stringify(marker)}; sleep 0.01; done' & echo up; wait`,
    );
    controlPlane.grant(lease);
    await eventually(() => existsSync(marker) && controlPlane.texts(lease.ref).includes("up"));
    controlPlane.stop(lease.ref, 200);
    controlPlane.stop(lease.ref, 200);
    const event = await controlPlane.ended(lease.ref);
    expect(event.$case === "exited" && event.value.stoppedOnOrder).toBe(true);
    const { rmSync } = await import("node:fs");
    rmSync(marker);
    // Long enough for the escapee to have made it again, if it lived.
    await eventually(() => controlPlane.reportsOn(lease.ref).length === 2);
    await Bun.$`sleep 0.05`;
    expect(existsSync(marker)).toBe(false);
  });

  test("for a lease that never came is answered, and the lease is not taken later", async () => {
    await using harness = await AgentHarness.open();
    await harness.start();
    const lease = commandLease("echo never");
    harness.controlPlane.stop(lease.ref, 0);
    const event = await harness.controlPlane.ended(lease.ref);
    expect(event.$case === "crashed" && event.value.neverStarted).toBe(true);
    harness.controlPlane.grant(lease);
    const next = commandLease("true");
    harness.controlPlane.grant(next);
    await harness.controlPlane.ended(next.ref);
    expect(harness.controlPlane.reportsOn(lease.ref).length).toBe(1);
  });

  test("for an attempt that is another's now ends it without a report", async () => {
    await using harness = await AgentHarness.open();
    const agent = await harness.start();
    const lease = commandLease("echo up; sleep 300");
    harness.controlPlane.grant(lease);
    await eventually(() => harness.controlPlane.texts(lease.ref).includes("up"));
    harness.controlPlane.stop(lease.ref, 1000, StopReason.FENCED);
    await eventually(() => agent.status().attempts === 0);
    expect(harness.controlPlane.reportsOn(lease.ref).map(({ event }) => event?.$case)).toEqual([
      "started",
    ]);
  });
});

describe("silence under the policy reschedule", () => {
  const lease = (lostAfterMs: number, dueInMs = 0) =>
    commandLease("trap '' TERM; echo up; while :; do sleep 0.01; done", {
      lostPolicy: LostPolicy.RESCHEDULE,
      lostAfterMs,
      dueInMs,
    });

  test("ends a run though every heartbeat is answered, if none of them is stored", async () => {
    await using harness = await AgentHarness.open();
    const { controlPlane } = harness;
    controlPlane.heartbeatIntervalMs = 50;
    controlPlane.storesHeartbeats = false;
    await harness.start();
    const [running, waiting] = [lease(6_000), lease(6_000, 600_000)];
    controlPlane.grant(running, waiting);
    await eventually(() => controlPlane.texts(running.ref).includes("up"));
    for (const [{ ref }, neverStarted] of [
      [running, false],
      [waiting, true],
    ] as const) {
      const event = await controlPlane.ended(ref);
      expect(event).toMatchObject({ $case: "crashed", value: { neverStarted, lostContact: true } });
    }
  });

  test("is broken by every heartbeat that is stored", async () => {
    await using harness = await AgentHarness.open();
    const { controlPlane } = harness;
    controlPlane.heartbeatIntervalMs = 50;
    await harness.start();
    const kept = lease(5_500);
    controlPlane.grant(kept);
    await eventually(() => controlPlane.texts(kept.ref).includes("up"));
    const beats = controlPlane.heard("heartbeat").length;
    await eventually(() => controlPlane.heard("heartbeat").length > beats + 20);
    expect(controlPlane.reportsOn(kept.ref).map(({ event }) => event?.$case)).toEqual(["started"]);
  });
});
