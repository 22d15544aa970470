import type { GetFlowRunResponse } from "#proto/sluice/v1/flow_run_service.ts";
import type { Cli } from "./cli.ts";
import { CliError, InterruptedError } from "./cli-error.ts";
import type { ControlPlane } from "./control-plane.ts";
import { attemptDocument, flowRunDocument, stateDocument, type Document } from "./documents.ts";
import { attemptTitle, timelineText, watchedLine, watchedState } from "./flow-run-text.ts";
import { followFlowRun } from "./follow-flow-run.ts";
import { printHeading, printJson, printWarning, type OutputOptions } from "./print.ts";
import { Spinner } from "./spinner.ts";
import { paintState, stateType } from "./state-style.ts";
import { shortSpan } from "./time-text.ts";

/** How to watch. */
export interface WatchOptions extends OutputOptions {
  /** Stop watching after so many seconds; undefined: never. */
  readonly timeoutSeconds?: number | undefined;
}

/**
 * Shows states and output of a run as they come, then its timeline and how it ended. Throws a
 * CliError unless it is COMPLETED. Ctrl-C and the timeout end the watching, never the run.
 */
export async function watchFlowRun(
  cli: Cli,
  plane: ControlPlane,
  flowRunId: string,
  options: WatchOptions,
): Promise<void> {
  const { timeoutSeconds } = options;
  const timeout = new AbortController();
  const timer =
    timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => timeout.abort(), timeoutSeconds * 1_000);
  const hints = [
    `It goes on. Watch it: sluice flow-run watch ${flowRunId}`,
    `Stop it: sluice flow-run cancel ${flowRunId}`,
  ];
  try {
    await showEvents(cli, plane, flowRunId, timeout.signal, options);
    if (plane.interrupted.aborted) throw new InterruptedError();
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    throw new InterruptedError(
      ["Stopped watching; the run is not stopped.", ...hints].join("\n  "),
    );
  } finally {
    clearTimeout(timer);
  }
  if (timeout.signal.aborted) {
    throw new CliError(`flow run ${flowRunId} has not ended within ${timeoutSeconds} s`, { hints });
  }
  finish(cli, await plane.getFlowRun({ id: flowRunId }), options);
}

async function showEvents(
  cli: Cli,
  plane: ControlPlane,
  flowRunId: string,
  until: AbortSignal,
  options: WatchOptions,
): Promise<void> {
  const { out, err } = cli;
  const quiet = options.output === "json";
  const spinner = new Spinner(err);
  spinner.show("waiting");
  try {
    const events = followFlowRun(plane, flowRunId, { includeLogs: !quiet, until });
    for await (const event of events) {
      spinner.clear();
      if (event.kind === "connection lost") printWarning(err, `${event.why}; trying again`);
      else if (event.kind === "state") {
        if (!quiet) out.write(watchedState(out, event.run));
        spinner.show(event.run.state?.name ?? "waiting");
      } else {
        out.write(watchedLine(out, event.line));
        await out.drained();
      }
    }
  } finally {
    spinner.stop();
  }
}

function finish(cli: Cli, answer: GetFlowRunResponse, options: WatchOptions): void {
  const { flowRun: run, attempts } = answer;
  const { out } = cli;
  const type = stateType(run?.state?.type);
  if (options.output === "json") printJson(out, flowRunDetail(answer));
  else {
    for (const attempt of attempts) {
      printHeading(out, attemptTitle(attempt));
      out.write(timelineText(out, attempt));
    }
    const took = shortSpan(run?.totalRunTimeSeconds ?? 0);
    const state = paintState(out, type, type ?? "UNKNOWN");
    out.write(`\nFlow run '${run?.name ?? ""}' ended ${state} after running ${took}.\n`);
  }
  if (type === "COMPLETED") return;
  const why = run?.state?.message ? `: ${run.state.message}` : "";
  throw new CliError(`flow run '${run?.name ?? ""}' is ${type ?? "in an unknown state"}${why}`);
}

/** All about a run as one document. */
export function flowRunDetail({ flowRun, states, attempts }: GetFlowRunResponse): Document {
  return {
    flow_run: flowRun === undefined ? null : flowRunDocument(flowRun),
    states: states.map(stateDocument),
    attempts: attempts.map(attemptDocument),
  };
}
