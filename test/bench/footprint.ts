import { statSync } from "node:fs";
import { eventually } from "#test/support/eventually.ts";
import { programCommand } from "#test/support/programs.ts";
import { Stage } from "#test/support/stage.ts";
import { residentMegabytes } from "./machine.ts";
import { percentile, row, type Row } from "./row.ts";

const STARTS = 9;

/** What the programs weigh, at rest and on disk, and how fast an agent is there. */
export async function footprint(): Promise<Row[]> {
  await using stage = new Stage("bench-footprint", "release");
  const plane = await stage.controlPlane();
  await stage.client.createWorkPool({ name: "pool", type: "process" });
  const agent = stage.agent();
  const connects: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const before = performance.now();
    await agent.start();
    connects.push(performance.now() - before);
    if (start < STARTS - 1) await agent.program.stop();
  }
  const [binary = "", sluice = ""] = (["agent", "sluice"] as const).map(
    (program) => programCommand(program, "release")[0],
  );
  const packed = Bun.zstdCompressSync(await Bun.file(binary).bytes(), { level: 19 }).byteLength;
  return [
    row("agent: start → connected, p50", percentile(connects, 0.5), "ms", { atMost: 120 }),
    row("agent: memory, connected", await settledMegabytes(agent.program.pid), "MB", {
      atMost: 65,
    }),
    row("agent: binary", statSync(binary).size / 1e6, "MB", { atMost: 115 }),
    row("agent: binary, packed (zstd 19)", packed / 1e6, "MB", { atMost: 45 }),
    row("control plane: memory, one agent", await settledMegabytes(plane.program.pid), "MB"),
    row("control plane: binary", statSync(sluice).size / 1e6, "MB"),
  ];
}

/** Resident memory once it has not grown between two looks a second apart. */
async function settledMegabytes(pid: number): Promise<number> {
  let looked = performance.now();
  let last = residentMegabytes(pid);
  return eventually(
    () => {
      if (performance.now() - looked < 1_000) return undefined;
      const now = residentMegabytes(pid);
      const settled = Math.abs(now - last) < 0.5;
      looked = performance.now();
      last = now;
      return settled ? now : undefined;
    },
    { timeoutMs: 30_000, what: "the memory is settled" },
  );
}
