import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lease, LeaseRef } from "#proto/sluice/v1/lease.ts";
import { leaseKey } from "#agent/lease-key.ts";
import { readProcessTable } from "#agent/infrastructure/process/process-table.ts";
import type { Failpoint } from "#shared/failpoints.ts";
import { eventually } from "#test/support/eventually.ts";
import { commandLease, FakeControlPlane } from "#test/support/fake-control-plane.ts";
import { REPOSITORY } from "#test/support/programs.ts";
import { RunningProgram } from "#test/support/running-program.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";

/** An agent in a process of its own, from its sources, which can be killed and started again. */
class AgentStage implements AsyncDisposable {
  readonly home = new TemporaryDirectory("agent restart");
  readonly controlPlane: FakeControlPlane;
  readonly #programs: RunningProgram[] = [];

  private constructor(controlPlane: FakeControlPlane) {
    this.controlPlane = controlPlane;
  }

  static async open(): Promise<AgentStage> {
    return new AgentStage(await FakeControlPlane.start());
  }

  /** Starts an agent, with failpoints or test switches. */
  launch(fault?: string, flags: readonly string[] = []): RunningProgram {
    const program = new RunningProgram({
      name: "agent",
      directory: this.home.path,
      command: [
        process.execPath,
        join(REPOSITORY, "agent/main.ts"),
        "--pool",
        "etl",
        "--name",
        "a1",
        ...flags,
      ],
      environment: {
        PATH: process.env["PATH"] ?? "",
        SLUICE_HOME: this.home.path,
        SLUICE_GRPC_URL: this.controlPlane.url,
        SLUICE_FAILPOINT_DIR: this.home.path,
        ...(fault === undefined ? {} : { SLUICE_FAILPOINTS: fault }),
      },
    });
    this.#programs.push(program);
    return program;
  }

  /** Starts an agent and waits until it has said that it is connected. */
  async start(fault?: string): Promise<RunningProgram> {
    const program = this.launch(fault);
    await program.line(/^agent a1 ready: pool etl at http:/, 15_000);
    return program;
  }

  /** How often user code of the lease has begun, by what it wrote itself. */
  starts(ref: LeaseRef): number {
    const ledger = join(this.home.path, ref.flowRunId);
    return existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n").length - 1 : 0;
  }

  /** A lease whose command writes its start into a ledger first. */
  lease(command: string, over: Partial<Lease> = {}): ReturnType<typeof commandLease> {
    const ref = { flowRunId: Bun.randomUUIDv7(), epoch: 1 };
    return commandLease(`echo start >> '${join(this.home.path, ref.flowRunId)}'; ${command}`, {
      ref,
      ...over,
    });
  }

  /** The contents of all files that agents wrote. */
  files(): string[] {
    return readdirSync(this.home.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program.kill();
    const ours = [...readProcessTable().byTag].filter(([key]) => this.#knows(key));
    for (const [, pids] of ours) for (const pid of pids) process.kill(pid, "SIGKILL");
    await this.controlPlane[Symbol.asyncDispose]();
    this.home[Symbol.dispose]();
  }

  #knows(key: string): boolean {
    return existsSync(join(this.home.path, key.split(":")[0] ?? ""));
  }
}

interface Death {
  readonly at: Failpoint;
  readonly starts: number;
  readonly end: string;
}

/** What becomes of a run whose agent dies at this point and is succeeded. */
const DEATHS: readonly Death[] = [
  { at: "agent.accepted", starts: 1, end: "exited" },
  { at: "agent.start-granted", starts: 1, end: "exited" },
  { at: "agent.starting-journalled", starts: 0, end: "crashed, never started" },
  { at: "agent.process-started", starts: 1, end: "exited" },
  { at: "agent.exit-journalled", starts: 1, end: "exited" },
];

describe("an agent that is killed", () => {
  for (const expected of DEATHS) {
    test(`at ${expected.at} leaves its successor a run that starts ${expected.starts === 1 ? "once" : "never"}`, async () => {
      await using stage = await AgentStage.open();
      const { controlPlane } = stage;
      const first = await stage.start(`${expected.at}=kill`);
      const lease = stage.lease("echo line; exit 12");
      controlPlane.grant(lease);
      expect((await first.exited).signal).toBe("SIGKILL");
      await stage.start();
      const event = await controlPlane.ended(lease.ref);
      const what =
        event.$case === "crashed"
          ? `crashed${event.value.neverStarted ? ", never started" : ""}`
          : event.$case;
      expect(what).toBe(expected.end);
      if (event.$case === "exited") expect(event.value.exitCode).toBe(12);
      expect(stage.starts(lease.ref)).toBe(expected.starts);
      const texts = expected.starts === 1 ? ["line"] : [];
      await eventually(() => controlPlane.texts(lease.ref).length === texts.length);
      expect(controlPlane.texts(lease.ref)).toEqual(texts);
    }, 30_000);
  }

  test("before it journalled the lease does not list it, so that it is granted again elsewhere", async () => {
    await using stage = await AgentStage.open();
    const first = await stage.start("agent.lease-received=kill");
    const lease = stage.lease("true");
    stage.controlPlane.grant(lease);
    await first.exited;
    await stage.start();
    expect(stage.controlPlane.hellos.at(-1)?.held).toEqual([]);
    expect(stage.starts(lease.ref)).toBe(0);
  }, 30_000);

  test("before a start that needs secrets gives the run back, as none of them is on its disk", async () => {
    await using stage = await AgentStage.open();
    const first = await stage.start("agent.accepted=kill");
    const secret = "s3cr3t-value-of-a-block";
    const block = "prefect.blocks.secret.token";
    const lease = stage.lease("true", {
      deploymentJobVariablesJson: JSON.stringify({ env: { TOKEN: `{{ ${block} }}` } }),
      referencesJson: JSON.stringify({ [block]: { value: secret } }),
    });
    stage.controlPlane.grant(lease);
    await first.exited;
    const written = stage.files();
    expect(written.some((text) => text.includes(block))).toBeTrue();
    expect(written.filter((text) => text.includes(secret))).toEqual([]);
    await stage.start();
    expect(stage.controlPlane.hellos.at(-1)?.held).toEqual([]);
    expect(stage.starts(lease.ref)).toBe(0);
  }, 30_000);

  test("while runs go on is succeeded without a lost or doubled line, and the exit codes arrive", async () => {
    await using stage = await AgentStage.open();
    const { controlPlane } = stage;
    const first = await stage.start();
    const go = join(stage.home.path, "go");
    const lease = stage.lease(
      `for i in $(seq 1 300); do echo $i; sleep 0.005; done; while [ ! -e '${go}' ]; do sleep 0.02; done; exit 33`,
    );
    const other = stage.lease("echo other; exit 5");
    controlPlane.grant(lease);
    await eventually(() => controlPlane.texts(lease.ref).length > 30);
    controlPlane.acknowledgesReports = false;
    controlPlane.grant(other);
    await controlPlane.ended(other.ref);
    await first.kill();
    controlPlane.reports.clear();
    controlPlane.acknowledgesReports = true;
    await stage.start();
    const held = controlPlane.hellos.at(-1)?.held ?? [];
    expect(new Map(held.map(({ ref, phase }) => [ref && leaseKey(ref), phase]))).toEqual(
      new Map([
        [leaseKey(lease.ref), "ATTEMPT_PHASE_RUNNING"],
        [leaseKey(other.ref), "ATTEMPT_PHASE_ENDED"],
      ]),
    );
    await Bun.write(go, "");
    const event = await controlPlane.ended(lease.ref);
    expect(event.$case === "exited" && event.value.exitCode).toBe(33);
    const left = await controlPlane.ended(other.ref);
    expect(left.$case === "exited" && left.value.exitCode).toBe(5);
    await eventually(() => controlPlane.texts(lease.ref).length >= 300);
    expect(controlPlane.texts(lease.ref)).toEqual(
      Array.from({ length: 300 }, (_, i) => String(i + 1)),
    );
    expect(stage.starts(lease.ref)).toBe(1);
  }, 30_000);
});

describe("a switched fault", () => {
  test("of an agent that says everything twice changes neither runs nor lines", async () => {
    await using stage = await AgentStage.open();
    const { controlPlane } = stage;
    controlPlane.repeatsItself = true;
    await stage.start("duplicate-messages");
    const leases = Array.from({ length: 5 }, () => stage.lease("seq 1 1000"));
    controlPlane.grant(...leases);
    for (const { ref } of leases) {
      await controlPlane.ended(ref);
      await eventually(() => controlPlane.texts(ref).length >= 1000);
      expect(controlPlane.texts(ref)).toEqual(
        Array.from({ length: 1000 }, (_, i) => String(i + 1)),
      );
      expect(controlPlane.reportsOn(ref).length).toBe(2);
      expect(stage.starts(ref)).toBe(1);
    }
  }, 30_000);

  test("of an agent without a journal is that it forgets what it holds", async () => {
    await using stage = await AgentStage.open();
    const first = await stage.start("no-journal");
    const lease = stage.lease("echo up; sleep 300");
    stage.controlPlane.grant(lease);
    await eventually(() => stage.controlPlane.texts(lease.ref).includes("up"));
    await first.kill();
    await stage.start("no-journal");
    expect(stage.controlPlane.hellos.at(-1)?.held).toEqual([]);
  }, 30_000);
});

describe("the program", () => {
  test("finishes its runs after SIGTERM and exits with 0", async () => {
    await using stage = await AgentStage.open();
    const agent = await stage.start();
    const lease = stage.lease("echo up; sleep 0.3; exit 0");
    stage.controlPlane.grant(lease);
    await eventually(() => stage.controlPlane.texts(lease.ref).includes("up"));
    agent.signal("SIGTERM");
    expect(await agent.exited).toEqual({ code: 0, signal: null });
    expect((await stage.controlPlane.ended(lease.ref)).$case).toBe("exited");
  }, 30_000);

  test("stops its runs at the second signal and kills them at the third", async () => {
    await using stage = await AgentStage.open();
    const agent = await stage.start();
    const lease = stage.lease("trap '' TERM; echo up; while :; do sleep 0.02; done");
    stage.controlPlane.grant(lease);
    await eventually(() => stage.controlPlane.texts(lease.ref).includes("up"));
    for (let i = 0; i < 3; i++) {
      agent.signal("SIGINT");
      await agent.line(
        [/finishes what runs/, /stops what runs/, /kills what runs/][i] ?? /./,
        5000,
      );
    }
    expect(await agent.exited).toEqual({ code: 0, signal: null });
    const event = await stage.controlPlane.ended(lease.ref);
    expect(event.$case === "exited" && event.value.message).toContain("the agent was told to stop");
  }, 30_000);

  test("exits with 1 when it is refused, and with 1 when its name is taken", async () => {
    await using stage = await AgentStage.open();
    await stage.start();
    const twin = stage.launch();
    expect(await twin.finished()).toEqual({ code: 1, signal: null });
    expect(twin.output()).toContain("agent a1 already runs (pid ");
    stage.controlPlane.refusal = { code: 5, details: "there is no work pool 'etl'" };
    const other = stage.launch(undefined, ["--name", "a2"]);
    expect(await other.finished()).toEqual({ code: 1, signal: null });
    expect(other.output()).toContain("there is no work pool 'etl'");
  }, 30_000);

  test("exits with 2 for a wrong flag or without a pool", async () => {
    await using stage = await AgentStage.open();
    for (const flags of [["--limit", "many"], ["--no-such-flag"], ["--pool", "a/b"]]) {
      const agent = stage.launch(undefined, flags);
      expect(await agent.exited).toEqual({ code: 2, signal: null });
    }
  }, 30_000);
});
