import { InvalidArgumentError, type Command } from "commander";
import type { FlowRun, StateType as WireStateType } from "#proto/sluice/v1/flow_run.ts";
import type { Millis } from "#shared/clock.ts";
import { STATE_TYPES } from "#shared/states.ts";
import type { Cli } from "#cli/cli.ts";
import type { ControlPlane } from "#cli/control-plane.ts";
import { flowRunDocument } from "#cli/documents.ts";
import { collectWords, wholeNumber } from "#cli/key-value.ts";
import { firstItems } from "#cli/pages.ts";
import {
  outputOption,
  printJson,
  printNote,
  printTable,
  printWarning,
  type OutputOptions,
} from "#cli/print.ts";
import { stateCell, STATE_NAMES } from "#cli/state-style.ts";
import { relativeTime } from "#cli/time-text.ts";

interface ListOptions extends OutputOptions {
  readonly limit: number;
  readonly state?: readonly string[];
  readonly stateType?: readonly WireStateType[];
  readonly flowName?: readonly string[];
  readonly deployment?: string;
  readonly pool?: string;
  readonly tag?: readonly string[];
}

/** `sluice flow-run ls`. */
export function addFlowRunLs(group: Command, cli: Cli): void {
  group
    .command("ls")
    .description("list flow runs, the newest first")
    .option("--limit <n>", "at most so many", wholeNumber(1), 15)
    .option(
      "--state <name>",
      "only in a state of this name, as Late; repeatable",
      collectStateNames,
    )
    .option(
      "--state-type <type>",
      "only in a state of this type, as RUNNING; repeatable",
      collectStateTypes,
    )
    .option("--flow-name <name>", "only of this flow; repeatable", collectWords)
    .option("--deployment <deployment>", "only of this deployment: its id, or FLOW/NAME")
    .option("-p, --pool <name>", "only of this work pool")
    .option("--tag <tag>", "only with this tag; repeatable: with all of them", collectWords)
    .addOption(outputOption())
    .action((options: ListOptions) => listFlowRuns(cli, options));
}

function collectStateTypes(
  text: string,
  before: readonly WireStateType[] = [],
): readonly WireStateType[] {
  const type = STATE_TYPES.find((known) => known === text.toUpperCase());
  if (type === undefined) {
    throw new InvalidArgumentError(`It must be one of ${STATE_TYPES.join(", ")}.`);
  }
  return [...before, `STATE_TYPE_${type}`];
}

function collectStateNames(text: string, before: readonly string[] = []): readonly string[] {
  const name = STATE_NAMES.find((known) => known.toLowerCase() === text.toLowerCase());
  if (name === undefined) {
    throw new InvalidArgumentError(
      `It must be one of ${STATE_NAMES.join(", ")}; --state-type takes ${STATE_TYPES.join(", ")}.`,
    );
  }
  return [...before, name];
}

async function listFlowRuns(cli: Cli, options: ListOptions): Promise<void> {
  const runs = await cli.connect((plane) => readFlowRuns(cli, plane, options));
  if (options.output === "json") return printJson(cli.out, runs.map(flowRunDocument));
  if (runs.length === 0) return printNote(cli.out, "No flow runs found.");
  const now = cli.surroundings.now();
  const { cyan } = cli.out.colours;
  printTable(
    cli.out,
    [
      { title: "ID" },
      { title: "FLOW", flexible: true },
      { title: "NAME", flexible: true },
      { title: "STATE" },
      { title: "CREATED" },
    ],
    runs.map((run) => [
      { text: run.id, paint: cyan },
      run.flowName,
      run.unreachable ? `${run.name} (agent silent)` : run.name,
      stateCell(cli.out, run.state, waitingTime(run, now)),
      relativeTime(run.createdAt, now),
    ]),
  );
}

async function readFlowRuns(
  cli: Cli,
  plane: ControlPlane,
  options: ListOptions,
): Promise<readonly FlowRun[]> {
  const { flowName: flowNames = [] } = options;
  const runs = await firstItems(async (pageSize, pageToken) => {
    const page = await plane.listFlowRuns({
      stateTypes: [...(options.stateType ?? [])],
      stateNames: [...(options.state ?? [])],
      flowNames: [...flowNames],
      deployment: options.deployment ?? "",
      workPoolName: options.pool ?? "",
      tags: [...(options.tag ?? [])],
      names: [],
      idPrefix: "",
      pageSize,
      pageToken,
    });
    return { items: page.flowRuns, nextPageToken: page.nextPageToken };
  }, options.limit);
  if (runs.length > 0) return runs;
  for (const flowName of flowNames) {
    const request = { flowName, workPoolName: "", pageSize: 1, pageToken: "" };
    const { deployments } = await plane.listDeployments(request);
    if (deployments.length > 0) continue;
    printWarning(
      cli.err,
      `no deployment is of a flow '${flowName}'; 'sluice deployment ls' lists those there are`,
    );
  }
  return runs;
}

/** In how long a run that waits for its time is due; empty for any other. */
function waitingTime(run: FlowRun, now: Millis): string {
  const due = run.nextScheduledStartTime;
  const waits = run.state?.type === "STATE_TYPE_SCHEDULED" && due !== undefined;
  return waits && due.getTime() > now ? relativeTime(due, now) : "";
}
