import type { Violation } from "./checker.ts";

/** What came of one scenario. */
export interface ScenarioOutcome {
  readonly title: string;
  readonly runs: number;
  /** How often user code started. */
  readonly starts: number;
  readonly violations: readonly Violation[];
  /** From the fault until every run had ended and was told truly; undefined if it has no moment. */
  readonly recoveryMs: number | undefined;
}

const outcomes: ScenarioOutcome[] = [];

/** Remembers a scenario. */
export function recordScenario(outcome: ScenarioOutcome): void {
  outcomes.push(outcome);
}

/** Prints the summary of all scenarios this process has been through, over all files. */
export function printSummary(): void {
  process.stdout.write(`${summary(outcomes)}\n`);
}

/** The summary in words and numbers. */
function summary(of: readonly ScenarioOutcome[]): string {
  const count = (promise: Violation["promise"]): number =>
    of.flatMap((outcome) => outcome.violations).filter((v) => v.promise === promise).length;
  const sum = (value: (outcome: ScenarioOutcome) => number): number =>
    of.reduce((total, outcome) => total + value(outcome), 0);
  const recoveries = of.flatMap(({ recoveryMs }) => recoveryMs ?? []).sort((a, b) => a - b);
  const seconds = (at: number): string =>
    `${((recoveries[Math.min(recoveries.length - 1, Math.floor(recoveries.length * at))] ?? 0) / 1000).toFixed(1)} s`;
  return [
    "",
    `Faults: ${of.length} scenarios, ${sum((o) => o.runs)} runs, ${sum((o) => o.starts)} starts`,
    `  double starts ${count("started-once")}, lost runs ${count("not-lost")}, ` +
      `wrong outcomes ${count("completed-once")}, lines lost or doubled ${count("lines-once")}`,
    `  recovery: median ${seconds(0.5)}, p90 ${seconds(0.9)}, longest ${seconds(1)}`,
  ].join("\n");
}
