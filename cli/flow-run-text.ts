import type { AttemptTimeline, FlowRun, LogLine } from "#proto/sluice/v1/flow_run.ts";
import { paintState, stateType } from "./state-style.ts";
import { renderTable } from "./table.ts";
import { printable, programLine, type Sink } from "./terminal.ts";
import { localTime } from "./time-text.ts";

const LEVELS: ReadonlyMap<number, string> = new Map([
  [10, "DEBUG"],
  [20, "INFO"],
  [30, "WARNING"],
  [40, "ERROR"],
  [50, "CRITICAL"],
]);

/** A line of a run's output, as `flow-run logs` prints it. */
export function logText(sink: Sink, line: LogLine, flowRunName: string): string {
  const level = (LEVELS.get(line.level) ?? String(line.level)).padEnd(7);
  const painted = line.level >= 40 ? sink.colours.red(level) : level;
  const origin = `Flow run '${printable(flowRunName)}'`;
  return `${localTime(line.timestamp)} | ${painted} | ${origin} - ${programLine(line.message, sink)}\n`;
}

/** A line of a run's output, as watching shows it among the states. */
export function watchedLine(sink: Sink, line: LogLine): string {
  const time = sink.colours.dim(clockTime(line.timestamp));
  return `${time} ${sink.colours.dim("|")} ${programLine(line.message, sink)}\n`;
}

/** A state a run has entered, as watching shows it. */
export function watchedState(sink: Sink, run: FlowRun): string {
  const { state } = run;
  if (state === undefined) return "";
  const name = paintState(sink, stateType(state.type), printable(state.name).padEnd(10));
  const message = state.message === "" ? "" : `  ${printable(state.message)}`;
  return `${sink.colours.dim(clockTime(state.timestamp))} ${name}${message}`.trimEnd() + "\n";
}

function clockTime(time: Date | undefined): string {
  return localTime(time).slice("2030-01-31 ".length);
}

/**
 * The hops of an attempt with the milliseconds from one to the next and from the first, to the
 * microsecond: the steps shown add up to the total shown.
 */
export function timelineText(sink: Sink, attempt: AttemptTimeline): string {
  let total = 0;
  const milliseconds = (micros: number): string => (micros / 1_000).toFixed(3);
  const rows = attempt.hops.map((hop) => {
    const step = Math.round(hop.sincePreviousMs * 1_000);
    total += step;
    return [hop.name, milliseconds(step), milliseconds(total)];
  });
  return renderTable(
    [{ title: "HOP" }, { title: "+MS", align: "right" }, { title: "TOTAL MS", align: "right" }],
    rows,
    { paintTitle: sink.colours.bold },
  );
}

/** What an attempt was and how it ended, in a line. */
export function attemptTitle(attempt: AttemptTimeline): string {
  const parts = [`Attempt ${attempt.attempt}`];
  if (attempt.agentName !== "") parts.push(`on ${printable(attempt.agentName)}`);
  if (attempt.exitCode !== undefined) parts.push(`exit code ${attempt.exitCode}`);
  parts.push(attempt.endReason === "" ? "held" : attempt.endReason);
  return parts.join(" · ");
}
