import { spawnSync } from "node:child_process";
import { afterAll, expect } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { messageOf } from "#shared/errors.ts";
import { printSummary } from "#test/support/fault-summary.ts";
import { faultScenario } from "#test/support/scenario.ts";

afterAll(printSummary);

/** Well above what an agent wants to have free. */
const MOUNTED_BYTES = 160 * 1024 * 1024;
const mayMount = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

faultScenario(
  "an agent whose disk is full says so, starts nothing, and goes on when there is room",
  async (scenario) => {
    await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 30 });
    const state = scenario.path("state");
    mkdirSync(state);
    const options = `size=${MOUNTED_BYTES}`;
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", options, "none", state]).status).toBe(0);
    scenario.use({
      [Symbol.asyncDispose]: async () => {
        spawnSync("umount", ["-l", state]);
      },
    });
    const agent = await scenario.agent({ flags: ["--state-dir", state] }).start();
    expect(fill(`${state}/ballast`)).toContain("ENOSPC");
    scenario.fault();
    const run = await scenario.run();
    await agent.program.line(/the disk is nearly full/, 20_000);
    expect(scenario.ledger.starts(run)).toHaveLength(0);
    writeFileSync(`${state}/ballast`, "");
    await scenario.inState(run, "COMPLETED");
  },
  { skip: !mayMount },
);

/** Writes until the disk is full; returns why it ended. */
function fill(path: string): string {
  try {
    writeFileSync(path, Buffer.alloc(MOUNTED_BYTES + 1));
  } catch (error) {
    return messageOf(error);
  }
  return "there was room";
}
