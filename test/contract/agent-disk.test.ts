import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentHarness } from "#test/support/agent-harness.ts";
import { eventually } from "#test/support/eventually.ts";
import { commandLease } from "#test/support/fake-control-plane.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";

/** A file system of its own with so much room; undefined where this user may not mount one. */
function mountSmall(directory: string, mebibytes: number): AsyncDisposable | undefined {
  const mount = ["mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", directory];
  if (Bun.spawnSync(mount, { stderr: "ignore" }).exitCode !== 0) return undefined;
  return {
    [Symbol.asyncDispose]: async () => {
      await Bun.$`umount -l ${directory}`.quiet();
    },
  };
}

function canMount(): boolean {
  using probe = new TemporaryDirectory("mount probe");
  const mounted = mountSmall(probe.path, 1);
  if (mounted !== undefined) Bun.spawnSync(["umount", "-l", probe.path]);
  return mounted !== undefined;
}

test.skipIf(!canMount())(
  "on a full disk an agent gives leases back and lets runs go on to their reports",
  async () => {
    using disk = new TemporaryDirectory("small disk");
    await using mounted = mountSmall(disk.path, 80);
    expect(mounted).toBeDefined();
    await using harness = await AgentHarness.open();
    const { controlPlane } = harness;
    const agent = await harness.start({ stateDirectory: disk.path, selfCheckIntervalMs: 600_000 });
    using elsewhere = new TemporaryDirectory("elsewhere");
    const go = join(elsewhere.path, "go");
    const running = commandLease(`echo up; while [ ! -e '${go}' ]; do sleep 0.01; done; exit 8`);
    controlPlane.grant(running);
    await eventually(() => controlPlane.texts(running.ref).includes("up"));
    expect(agent.status().freeSlots).toBe(3);

    const ballast = join(disk.path, "ballast");
    for (const size of [2 ** 20, 2 ** 12]) fill(ballast, size);
    const late = commandLease("echo never", {
      parametersJson: JSON.stringify({ x: "y".repeat(300_000) }),
    });
    controlPlane.grant(late);
    await eventually(() => controlPlane.heard("returned").length === 1);
    expect(controlPlane.heard("returned")[0]?.value.refs).toEqual([late.ref]);
    await eventually(() => controlPlane.heard("credit").at(-1)?.value.freeSlots === 0);
    expect(agent.status().problem).toContain("journal");

    writeFileSync(go, "");
    rmSync(ballast);
    const event = await controlPlane.ended(running.ref);
    expect(event.$case === "exited" && event.value.exitCode).toBe(8);
    expect(controlPlane.texts(late.ref)).toEqual([]);
  },
  30_000,
);

test.skipIf(!canMount())(
  "on a disk with too little room an agent asks for no work until there is more",
  async () => {
    using disk = new TemporaryDirectory("small disk");
    await using mounted = mountSmall(disk.path, 80);
    expect(mounted).toBeDefined();
    writeFileSync(join(disk.path, "ballast"), Buffer.alloc(30 * 2 ** 20));
    await using harness = await AgentHarness.open();
    const agent = await harness.start({ stateDirectory: disk.path, selfCheckIntervalMs: 20 });
    await eventually(() => harness.controlPlane.heard("credit").at(-1)?.value.freeSlots === 0);
    expect(agent.status().problem).toContain("less than 64 MiB are free");
    rmSync(join(disk.path, "ballast"));
    await eventually(() => harness.controlPlane.heard("credit").at(-1)?.value.freeSlots === 4);
  },
);

function fill(path: string, step: number): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(step), { flag: "a" });
  } catch {
    // Full now.
  }
}
