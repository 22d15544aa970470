import { mkdirSync, watch } from "node:fs";
import { StateType } from "#proto/sluice/v1/flow_run.ts";
import { eventually } from "#test/support/eventually.ts";
import { Stage } from "#test/support/stage.ts";
import { percentile, row, type Row } from "./row.ts";

const IDLE_RUNS = 150;
const BUSY_RATE = 50;
const BUSY_RUNS = 500;
const WARM_UP_RUNS = 20;
const PATIENCE_MS = 30_000;

/**
 * From the call that creates a run to the first instruction of its user code, by the clock of this
 * process alone: the user code, a shell, touches a file, and the kernel says so.
 */
export async function startLatency(): Promise<Row[]> {
  await using stage = new Stage("bench-start", "release");
  await stage.controlPlane();
  await stage.client.createWorkPool({ name: "pool", type: "process" });
  const touched = new Touches(stage.path("touched"));
  const { id: deployment } = await stage.client.applyDeployment({
    flowName: "touch",
    name: "one",
    workPoolName: "pool",
    jobVariablesJson: JSON.stringify({
      command: `: > '${touched.directory}'/$SLUICE_FLOW_RUN_NAME`,
    }),
  });
  await stage.agent().start();

  const started: string[] = [];
  const measure = async (name: string): Promise<number> => {
    const touch = touched.touch(name);
    const before = performance.now();
    const { id } = await stage.client.createFlowRun({ deployment, name });
    started.push(id);
    return (await touch) - before;
  };
  for (let run = 0; run < WARM_UP_RUNS; run += 1) await measure(`warm-${run}`);
  started.length = 0;
  const idle: number[] = [];
  for (let run = 0; run < IDLE_RUNS; run += 1) {
    idle.push(await measure(`idle-${run}`));
    await ended(stage, started.at(-1) ?? "");
  }
  const following: number[] = [];
  for (let run = 0; run < IDLE_RUNS; run += 1) following.push(await measure(`next-${run}`));
  const hops = await Promise.all(started.slice(0, IDLE_RUNS).map((id) => untilProcess(stage, id)));
  const busy = await atRate(BUSY_RATE, BUSY_RUNS, (run) => measure(`busy-${run}`));
  touched.close();
  return [
    row("create → user code, idle, p50", percentile(idle, 0.5), "ms", { atMost: 15 }),
    row("create → user code, idle, p99", percentile(idle, 0.99), "ms", { atMost: 60 }),
    // The run before is still being ended and reported, by the same code on the same cores.
    row("create → user code, run after run, p50", percentile(following, 0.5), "ms", { atMost: 15 }),
    row("stored → process, idle, p50 (timeline)", percentile(hops, 0.5), "ms"),
    row("create → user code, 50 runs/s, p50", percentile(busy, 0.5), "ms"),
    row("create → user code, 50 runs/s, p99", percentile(busy, 0.99), "ms"),
  ];
}

/** Idle is a pool in which the run before is over: its report and its output are on the same cores. */
function ended(stage: Stage, id: string): Promise<unknown> {
  return eventually(
    async () => (await stage.client.getFlowRun(id)).flowRun?.state?.type === StateType.COMPLETED,
    { timeoutMs: PATIENCE_MS, what: `run ${id} has ended` },
  );
}

/** The same way as the run's own timeline tells it: a check that measures nothing itself. */
async function untilProcess(stage: Stage, id: string): Promise<number> {
  const { attempts } = await stage.client.getFlowRun(id);
  const hops = attempts[0]?.hops ?? [];
  const end = hops.findIndex((hop) => hop.name === "process_started");
  return hops.slice(0, end + 1).reduce((sum, hop) => sum + hop.sincePreviousMs, 0);
}

/** Starts calls at a fixed rate, whether earlier ones are through or not. */
async function atRate(
  perSecond: number,
  count: number,
  call: (index: number) => Promise<number>,
): Promise<number[]> {
  const before = performance.now();
  const calls: Promise<number>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(count, Math.floor(((performance.now() - before) * perSecond) / 1000));
      while (calls.length < due) calls.push(call(calls.length));
      if (calls.length < count) return;
      clearInterval(timer);
      resolve();
    }, 2);
  });
  return Promise.all(calls);
}

/** Tells when files of a folder are made. */
class Touches {
  readonly directory: string;
  readonly #waiting = new Map<string, (at: number) => void>();
  readonly #watcher: ReturnType<typeof watch>;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory);
    this.#watcher = watch(directory, (_, file) => {
      const now = performance.now();
      if (file === null) return;
      this.#waiting.get(file)?.(now);
      this.#waiting.delete(file);
    });
  }

  /** Resolves with the moment, by performance.now(), at which the file appears. */
  touch(file: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`'${file}' was not touched`)), PATIENCE_MS);
      this.#waiting.set(file, (at) => {
        clearTimeout(timer);
        resolve(at);
      });
    });
  }

  close(): void {
    this.#watcher.close();
  }
}
