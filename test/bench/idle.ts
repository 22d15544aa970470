import type { RunningAgent } from "#agent/compose.ts";
import type { ControlPlane } from "#test/support/control-plane.ts";
import { eventually } from "#test/support/eventually.ts";
import { Stage } from "#test/support/stage.ts";
import { benchAgent } from "./bench-agent.ts";
import { processorSeconds, residentMegabytes } from "./machine.ts";
import { NoOpDriver } from "./no-op-driver.ts";
import { row, type Row } from "./row.ts";
import { StatementCounter } from "./statement-counter.ts";

const WINDOW_MS = 30_000;
const SETTLE_MS = 6_000;
const MANY = 100;

/** What a server costs on which nothing happens, with one agent and with a hundred. */
export async function idle(): Promise<Row[]> {
  await using stage = new Stage("bench-idle", "release");
  const database = await stage.database();
  await using counter = await StatementCounter.open(database.socketPath);
  const url = new URL(database.url);
  url.search = "";
  url.host = `127.0.0.1:${counter.port}`;
  const plane = await stage.controlPlane({ databaseUrl: url.href });
  await stage.client.createWorkPool({ name: "pool", type: "process" });
  const agents: RunningAgent[] = [];
  const measure = async (count: number): Promise<Usage> => {
    while (agents.length < count) {
      agents.push(await benchAgent(plane, stage.path(`agent-${agents.length}`), new NoOpDriver()));
    }
    return usage(plane, counter);
  };
  const one = await measure(1);
  const many = await measure(MANY);
  for (const agent of agents) await agent.close();
  return [
    row("idle: statements/s, 1 agent", one.statements, "1/s", { atMost: 5 }),
    row(`idle: statements/s, ${MANY} agents`, many.statements, "1/s", {
      atMost: 5,
      baseline: one.statements,
    }),
    row(`idle: control plane's share of a core, ${MANY} agents`, many.processor, "%", {
      baseline: one.processor,
    }),
    row(`idle: control plane's memory, ${MANY} agents`, residentMegabytes(plane.program.pid), "MB"),
  ];
}

interface Usage {
  /** Per second. */
  readonly statements: number;
  /** Per cent of a core. */
  readonly processor: number;
}

/** Lets the connecting be over, then counts for a while. */
async function usage(plane: ControlPlane, counter: StatementCounter): Promise<Usage> {
  const { pid } = plane.program;
  await passed(SETTLE_MS);
  const before = performance.now();
  const statements = counter.count;
  const processor = processorSeconds(pid);
  await passed(WINDOW_MS);
  const seconds = (performance.now() - before) / 1000;
  return {
    statements: (counter.count - statements) / seconds,
    processor: ((processorSeconds(pid) - processor) / seconds) * 100,
  };
}

/** The one thing that is measured here is what happens while nothing does: time itself. */
async function passed(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  await eventually(() => performance.now() >= end, { timeoutMs: milliseconds * 2 });
}
