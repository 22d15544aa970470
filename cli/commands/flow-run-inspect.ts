import type { Command } from "commander";
import type { FlowRun, State } from "#proto/sluice/v1/flow_run.ts";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { findFlowRunId, FLOW_RUN_ARGUMENT } from "#cli/find-flow-run.ts";
import { attemptTitle, timelineText } from "#cli/flow-run-text.ts";
import { jsonOrText } from "#cli/key-value.ts";
import {
  jsonText,
  outputOption,
  printDetails,
  printHeading,
  printJson,
  printTable,
  type OutputOptions,
} from "#cli/print.ts";
import { stateCell } from "#cli/state-style.ts";
import type { Cell } from "#cli/table.ts";
import { localTime, shortSpan } from "#cli/time-text.ts";
import { flowRunDetail } from "#cli/watch-flow-run.ts";

/** `sluice flow-run inspect`. */
export function addFlowRunInspect(group: Command, cli: Cli): void {
  group
    .command("inspect")
    .description("show all about a run: its states, its attempts and their timelines")
    .argument("<run>", FLOW_RUN_ARGUMENT)
    .addOption(outputOption())
    .action((run: string, options: OutputOptions) => inspectFlowRun(cli, run, options));
}

async function inspectFlowRun(cli: Cli, reference: string, options: OutputOptions): Promise<void> {
  const answer = await cli.connect(async (plane) =>
    plane.getFlowRun({ id: await findFlowRunId(plane, reference) }),
  );
  if (options.output === "json") return printJson(cli.out, flowRunDetail(answer));
  const { flowRun: run, states, attempts } = answer;
  if (run === undefined) throw new CliError(`the control plane sent no flow run ${reference}`);
  const { out } = cli;
  printDetails(out, detailsOf(cli, run));
  printHeading(out, "States");
  printTable(
    out,
    [{ title: "TIME" }, { title: "STATE" }, { title: "MESSAGE", flexible: true }],
    states.map((state: State) => [
      localTime(state.timestamp),
      stateCell(out, state),
      state.message,
    ]),
  );
  for (const attempt of attempts) {
    printHeading(out, attemptTitle(attempt));
    out.write(timelineText(out, attempt));
  }
}

function detailsOf(cli: Cli, run: FlowRun): (readonly [string, Cell])[] {
  const ran =
    run.runCount === 0 ? "never" : `${run.runCount} × in ${shortSpan(run.totalRunTimeSeconds)}`;
  return [
    ["name", run.name],
    ["id", run.id],
    ["flow", run.flowName],
    ["deployment", deploymentOf(run)],
    ["state", stateCell(cli.out, run.state)],
    ["why", run.state?.message ?? ""],
    ["work pool", run.workPoolName || "(none)"],
    ["work queue", run.workQueueName],
    ["agent", run.unreachable ? `${run.agentName} (silent)` : run.agentName],
    ["infrastructure", run.infrastructureId],
    ["tags", run.tags.join(", ")],
    ["parameters", jsonText(jsonOrText(run.parametersJson || "{}"))],
    ["job variables", jsonText(jsonOrText(run.jobVariablesJson || "{}"))],
    ["ran", ran],
    ["retries", `${run.retries}, ${run.retryDelaySeconds} s apart`],
    ["idempotency key", run.idempotencyKey],
    ["created", localTime(run.createdAt)],
    ["due", localTime(run.expectedStartTime)],
    ["started", localTime(run.startTime)],
    ["ended", localTime(run.endTime)],
  ];
}

function deploymentOf(run: FlowRun): string {
  if (run.deploymentName !== "") return run.deploymentName;
  return run.deploymentId === "" ? "(none)" : `(deleted: ${run.deploymentId})`;
}
