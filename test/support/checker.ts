import { isTerminal, type StateType } from "#shared/states.ts";
import type { LedgerEntry } from "./ledger.ts";

/** A flow run as the control plane tells it. */
export interface RunEvidence {
  readonly id: string;
  readonly stateType: StateType;
  readonly stateName: string;
  readonly message: string;
  /** What a run that has not ended waits for; undefined if nobody can say. */
  readonly gate: string | undefined;
}

/** A stored line of output. */
export interface LineEvidence {
  readonly flowRunId: string;
  readonly epoch: number;
  readonly message: string;
}

/** All that the checker is told. */
export interface Evidence {
  /** Ids of the runs whose creation was acknowledged. */
  readonly created: readonly string[];
  readonly ledger: readonly LedgerEntry[];
  readonly runs: readonly RunEvidence[];
  /** In the order in which the control plane returns them. */
  readonly lines: readonly LineEvidence[];
}

/** A broken promise, by the promise's name. */
export interface Violation {
  readonly promise: "started-once" | "not-lost" | "completed-once" | "lines-once";
  readonly what: string;
}

/**
 * The promises that do not hold. No attempt's user code started twice; every run ended, or waits at
 * a gate that has a name; a COMPLETED run has exactly one start that came to its end, and a run
 * that came to its end is not called CRASHED; each line is stored once and in order.
 */
export function findViolations(evidence: Evidence): Violation[] {
  return [
    ...startedTwice(evidence),
    ...lostRuns(evidence),
    ...evidence.runs.flatMap((run) => wrongOutcome(run, evidence.ledger)),
    ...evidence.ledger
      .filter((entry) => entry.kind === "start")
      .flatMap((start) => wrongLines(start, evidence)),
  ];
}

function startedTwice({ ledger }: Evidence): Violation[] {
  const seen = new Map<string, number>();
  for (const entry of ledger) {
    if (entry.kind !== "start") continue;
    for (const key of [
      `epoch ${entry.epoch} of ${entry.flowRunId}`,
      `attempt ${entry.attempt} of ${entry.flowRunId}`,
    ]) {
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  }
  return [...seen]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => ({
      promise: "started-once",
      what: `${key} was started ${count} times`,
    }));
}

function lostRuns({ created, runs }: Evidence): Violation[] {
  const known = new Map(runs.map((run) => [run.id, run]));
  return created.flatMap((id): Violation[] => {
    const run = known.get(id);
    if (run === undefined) return [{ promise: "not-lost", what: `${id} is not known any more` }];
    if (isTerminal(run.stateType) || run.gate !== undefined) return [];
    return [{ promise: "not-lost", what: `${id} is ${run.stateName} and waits for nothing` }];
  });
}

function wrongOutcome(run: RunEvidence, ledger: readonly LedgerEntry[]): Violation[] {
  const own = ledger.filter((entry) => entry.flowRunId === run.id);
  const starts = own.filter((entry) => entry.kind === "start");
  const ends = own.filter((entry) => entry.kind === "end");
  const wrong = (what: string): Violation[] => [{ promise: "completed-once", what }];
  if (run.stateType === "COMPLETED") {
    const last = starts.at(-1);
    const finished = ends.filter((end) => end.epoch === last?.epoch);
    if (last === undefined) return wrong(`${run.id} is COMPLETED but never started`);
    if (finished.length !== 1) return wrong(`${run.id} is COMPLETED with ${finished.length} ends`);
  }
  if (run.stateType === "CRASHED" && starts.length > 0 && ends.length === starts.length) {
    return wrong(`${run.id} came to its end but is CRASHED: ${run.message}`);
  }
  return [];
}

function wrongLines(start: LedgerEntry, { ledger, lines, runs }: Evidence): Violation[] {
  const same = (other: { flowRunId: string; epoch: number }): boolean =>
    other.flowRunId === start.flowRunId && other.epoch === start.epoch;
  const run = runs.find((candidate) => candidate.id === start.flowRunId);
  const numbers = lines
    .filter(same)
    .map((line) => Number(/^line (\d+)$/.exec(line.message)?.[1] ?? Number.NaN));
  const wrong = (what: string): Violation[] => [
    { promise: "lines-once", what: `epoch ${start.epoch} of ${start.flowRunId}: ${what}` },
  ];
  const misplaced = numbers.findIndex((number, index) => number !== index + 1);
  if (misplaced !== -1) {
    return wrong(
      `line ${misplaced + 1} is stored as '${numbers[misplaced]}' (${numbers.join(" ")})`,
    );
  }
  const end = ledger.find((entry) => entry.kind === "end" && same(entry));
  if (end !== undefined && run !== undefined && numbers.length !== end.lines) {
    return wrong(`${numbers.length} of ${end.lines} lines are stored`);
  }
  return [];
}
