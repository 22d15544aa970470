import { describe, expect, test } from "bun:test";
import { type AttemptEnd, attemptOutcome, type StateAtEnd } from "./attempt-outcome.ts";
import type { FlowRunKind } from "./flow-run.ts";
import { STATE_TYPES, type StateType } from "#shared/states.ts";

function exited(rest: Partial<Extract<AttemptEnd, { kind: "exited" }>>): AttemptEnd {
  const nothing = { exitCode: null, signal: null, stoppedOnOrder: false, message: null };
  return { kind: "exited", ...nothing, ...rest };
}

function at(type: StateType, rest: Partial<StateAtEnd> = {}): StateAtEnd {
  return { type, name: type.charAt(0) + type.slice(1).toLowerCase(), details: {}, ...rest };
}

interface Row {
  readonly title: string;
  readonly kind: FlowRunKind;
  readonly state: StateAtEnd;
  readonly end: AttemptEnd;
  /** The proposal's type and a part of its message; null: nothing is proposed. */
  readonly proposes: readonly [StateType, string | null] | null;
}

const crash: AttemptEnd = { kind: "crashed", reason: "the disk is full", neverStarted: true };
const unknown: AttemptEnd = { kind: "crashed", reason: "the host restarted", neverStarted: false };
const RUNNING = at("RUNNING");

function command(code: number, type: StateType, message: string | null): Row {
  const title = `a command that exits with ${code} is ${type}`;
  const end = exited({ exitCode: code });
  return { title, kind: "command", state: RUNNING, end, proposes: [type, message] };
}

function engine(title: string, state: StateAtEnd, end: AttemptEnd, proposes: Row["proposes"]): Row {
  return { title, kind: "engine", state, end, proposes };
}

const ROWS: readonly Row[] = [
  command(0, "COMPLETED", null),
  command(1, "FAILED", "code 1"),
  command(2, "FAILED", "code 2"),
  command(124, "FAILED", "code 124"),
  command(125, "CRASHED", "could not; see its output"),
  command(126, "CRASHED", "not executable"),
  command(127, "CRASHED", "not found"),
  command(128, "FAILED", "code 128"),
  command(130, "CRASHED", "SIGINT"),
  command(137, "CRASHED", "memory"),
  command(139, "CRASHED", "SIGSEGV"),
  command(143, "CRASHED", "SIGTERM"),
  command(145, "CRASHED", "signal 17"),
  command(192, "CRASHED", "signal 64"),
  command(193, "FAILED", "code 193"),
  command(247, "CRASHED", "memory"),
  command(255, "FAILED", "code 255"),
  {
    title: "a command that a signal ended is CRASHED, whatever its code",
    kind: "command",
    state: RUNNING,
    end: exited({ signal: "SIGKILL", exitCode: 0 }),
    proposes: ["CRASHED", "SIGKILL: most often because memory ran out"],
  },
  {
    title: "a command that ended nobody knows how is CRASHED",
    kind: "command",
    state: RUNNING,
    end: exited({ signal: "" }),
    proposes: ["CRASHED", "not known"],
  },
  {
    title: "what the agent adds is told",
    kind: "command",
    state: RUNNING,
    end: exited({ exitCode: 3, message: "Adopted after a restart." }),
    proposes: ["FAILED", "code 3; see its output. Adopted after a restart."],
  },
  {
    title: "what the agent adds to a good end is told",
    kind: "command",
    state: RUNNING,
    end: exited({ exitCode: 0, message: "Adopted after a restart." }),
    proposes: ["COMPLETED", "Adopted after a restart."],
  },
  {
    title: "a command stopped on order while CANCELLING is CANCELLED",
    kind: "command",
    state: at("CANCELLING"),
    end: exited({ signal: "SIGKILL", stoppedOnOrder: true }),
    proposes: ["CANCELLED", "its processes are gone"],
  },
  {
    title: "a command that ended by itself while CANCELLING is CANCELLED, and it is told how",
    kind: "command",
    state: at("CANCELLING"),
    end: exited({ exitCode: 0 }),
    proposes: ["CANCELLED", "ended before it was stopped. It exited with code 0"],
  },
  {
    title: "a command that never started while CANCELLING is CANCELLED",
    kind: "command",
    state: at("CANCELLING"),
    end: crash,
    proposes: ["CANCELLED", "before any user code ran"],
  },
  {
    title: "a command whose end is unknown while CANCELLING is CANCELLED",
    kind: "command",
    state: at("CANCELLING"),
    end: unknown,
    proposes: ["CANCELLED", "the host restarted"],
  },
  {
    title: "a command stopped on order that nobody cancelled is CRASHED, though it exits with 0",
    kind: "command",
    state: RUNNING,
    end: exited({ exitCode: 0, stoppedOnOrder: true }),
    proposes: ["CRASHED", "stopped by its agent"],
  },
  {
    title: "a command that could not be started is CRASHED with the reason",
    kind: "command",
    state: at("PENDING"),
    end: crash,
    proposes: ["CRASHED", "No user code ran: the disk is full"],
  },
  {
    title: "a command whose end is unknown is CRASHED with the reason",
    kind: "command",
    state: RUNNING,
    end: unknown,
    proposes: ["CRASHED", "the host restarted"],
  },
  {
    title: "a command that ends while its run is marked as paused has ended",
    kind: "command",
    state: at("PAUSED"),
    end: exited({ exitCode: 0 }),
    proposes: ["COMPLETED", null],
  },
  {
    title: "an old attempt of a command says nothing of a run that waits for its next",
    kind: "command",
    state: at("SCHEDULED", { name: "AwaitingRetry" }),
    end: exited({ signal: "SIGKILL" }),
    proposes: null,
  },
  engine(
    "an engine that ends well after its run did adds nothing",
    at("COMPLETED"),
    exited({ exitCode: 0 }),
    null,
  ),
  engine(
    "an engine that exits with 1 after its run failed adds nothing",
    at("FAILED"),
    exited({ exitCode: 1 }),
    null,
  ),
  engine(
    "an engine that exits with 0 without an end of its run has crashed",
    RUNNING,
    exited({ exitCode: 0 }),
    ["CRASHED", "without reporting an end"],
  ),
  engine("an engine that exits with 1 has crashed", RUNNING, exited({ exitCode: 1 }), [
    "CRASHED",
    "unhandled error",
  ]),
  engine(
    "an engine that exits before its run started has crashed",
    at("PENDING"),
    exited({ exitCode: 127 }),
    ["CRASHED", "not found"],
  ),
  engine(
    "an engine that dies while it sleeps before a retry has crashed",
    at("SCHEDULED", { name: "AwaitingRetry" }),
    exited({ signal: "SIGKILL" }),
    ["CRASHED", "SIGKILL"],
  ),
  engine(
    "an engine that leaves a suspended run adds nothing",
    at("PAUSED", { details: { pauseReschedule: true } }),
    exited({ exitCode: 0 }),
    null,
  ),
  engine(
    "an engine that dies while its run is paused has crashed",
    at("PAUSED"),
    exited({ exitCode: 0 }),
    ["CRASHED", "without reporting an end"],
  ),
  engine(
    "an engine whose run is resuming already adds nothing",
    at("SCHEDULED", { name: "Resuming" }),
    exited({ exitCode: 1 }),
    null,
  ),
  engine(
    "an engine stopped on order while CANCELLING is CANCELLED",
    at("CANCELLING"),
    exited({ exitCode: 0, stoppedOnOrder: true }),
    ["CANCELLED", "its processes are gone"],
  ),
];

describe("attemptOutcome", () => {
  for (const { title, kind, state, end, proposes } of ROWS) {
    test(title, () => {
      const proposed = attemptOutcome(kind, state, end, "process");
      expect(proposed?.type ?? null).toBe(proposes?.[0] ?? null);
      const part = proposes?.[1] ?? null;
      if (part === null) expect(proposed?.message ?? null).toBeNull();
      else expect(proposed?.message).toContain(part);
    });
  }

  test.each([125, 126, 127])("code %p speaks of an image only where there is one", (exitCode) => {
    const message = (poolType: string | null): string =>
      attemptOutcome("command", RUNNING, exited({ exitCode }), poolType)?.message ?? "";
    expect(message("docker")).toContain("image");
    for (const type of ["process", null]) {
      expect(message(type)).toContain(`code ${exitCode}: the `);
      expect(message(type)).not.toMatch(/image|container/);
    }
  });

  test("no end of an attempt proposes anything for a run that has ended", () => {
    for (const type of ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"] as const) {
      for (const end of [crash, unknown, exited({ exitCode: 0 }), exited({ signal: "SIGTERM" })]) {
        expect(attemptOutcome("command", at(type), end, "process")).toBeNull();
        expect(attemptOutcome("engine", at(type), end, "process")).toBeNull();
      }
    }
  });

  test("every end of an attempt in hand leads to an end of its run", () => {
    const ends = [crash, unknown, ...[0, 1, 127, 137].map((exitCode) => exited({ exitCode }))];
    const inHand = STATE_TYPES.filter(
      (t) => t === "PENDING" || t === "RUNNING" || t === "CANCELLING",
    );
    for (const kind of ["command", "engine"] as const) {
      for (const type of inHand) {
        for (const end of ends) {
          expect(attemptOutcome(kind, at(type), end, "process")).not.toBeNull();
        }
      }
    }
  });
});
