import { expect, test } from "bun:test";
import { type Evidence, findViolations, type LineEvidence, type RunEvidence } from "./checker.ts";
import type { LedgerEntry } from "./ledger.ts";

const RUN = "run-1";

function entry(kind: "start" | "end", fields: Partial<LedgerEntry> = {}): LedgerEntry {
  const lines = kind === "end" ? 3 : 0;
  const base = { flowRunId: RUN, epoch: 1, attempt: 1, pid: 7, bootId: "b", uptime: 1, lines };
  return { kind, ...base, ...fields };
}

function run(fields: Partial<RunEvidence> = {}): RunEvidence {
  const base = { stateType: "COMPLETED", stateName: "Completed", message: "" } as const;
  return { id: RUN, ...base, gate: undefined, ...fields };
}

function lines(...numbers: number[]): LineEvidence[] {
  return numbers.map((number) => ({ flowRunId: RUN, epoch: 1, message: `line ${number}` }));
}

function evidence(fields: Partial<Evidence> = {}): Evidence {
  const ledger = [entry("start"), entry("end")];
  return { created: [RUN], ledger, runs: [run()], lines: lines(1, 2, 3), ...fields };
}

function promises(fields: Partial<Evidence>): string[] {
  return findViolations(evidence(fields)).map((violation) => violation.promise);
}

test("a run that completed with all its lines breaks no promise", () => {
  expect(findViolations(evidence())).toEqual([]);
});

test("the same epoch started twice is found", () => {
  const ledger = [entry("start"), entry("start"), entry("end")];
  expect(promises({ ledger })).toContain("started-once");
});

test("the same attempt started under two epochs is found", () => {
  const ledger = [entry("start"), entry("start", { epoch: 2 }), entry("end")];
  expect(promises({ ledger })).toContain("started-once");
});

test("a second attempt of a failed run is no second start", () => {
  const ledger = [
    entry("start"),
    entry("end"),
    entry("start", { epoch: 2, attempt: 2 }),
    entry("end", { epoch: 2, attempt: 2 }),
  ];
  const second = lines(1, 2, 3).map((line) => ({ ...line, epoch: 2 }));
  expect(promises({ ledger, lines: [...lines(1, 2, 3), ...second] })).toEqual([]);
});

test("a run that is not known any more is found", () => {
  expect(promises({ created: [RUN, "run-2"] })).toEqual(["not-lost"]);
});

test("a run that neither ended nor waits for anything with a name is found", () => {
  const ledger = [entry("start")];
  const running = { stateType: "RUNNING", stateName: "Running" } as const;
  expect(promises({ ledger, runs: [run(running)] })).toEqual(["not-lost"]);
});

test("a run that waits at a gate with a name is not lost", () => {
  const late = { stateType: "SCHEDULED", stateName: "Late", gate: "the pool is paused" } as const;
  expect(promises({ ledger: [], lines: [], runs: [run(late)] })).toEqual([]);
});

test("a run that is COMPLETED without a start, or without its end, is found", () => {
  expect(promises({ ledger: [], lines: [] })).toEqual(["completed-once"]);
  expect(promises({ ledger: [entry("start")] })).toEqual(["completed-once"]);
});

test("a run that is CRASHED though its user code came to its end is found", () => {
  expect(promises({ runs: [run({ stateType: "CRASHED", stateName: "Crashed" })] })).toEqual([
    "completed-once",
  ]);
});

test("a missing, a doubled, and a misplaced line are found", () => {
  for (const numbers of [[1, 2], [2, 3], [1, 1, 2, 3], [1, 3, 2], []]) {
    expect(promises({ lines: lines(...numbers) })).toEqual(["lines-once"]);
  }
});

test("an attempt that was killed may lack its last lines, but none in between", () => {
  const crashed = run({ stateType: "CRASHED", stateName: "Crashed" });
  const ledger = [entry("start")];
  expect(promises({ ledger, runs: [crashed], lines: lines(1, 2) })).toEqual([]);
  expect(promises({ ledger, runs: [crashed], lines: lines(1, 3) })).toEqual(["lines-once"]);
});
