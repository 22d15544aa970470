import type { Command } from "commander";
import type { FlowRun } from "#proto/sluice/v1/flow_run.ts";
import type { Cli } from "#cli/cli.ts";
import { flowRunDocument } from "#cli/documents.ts";
import { notNegative, wholeNumber } from "#cli/key-value.ts";
import { firstItems } from "#cli/pages.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";
import { stateCell } from "#cli/state-style.ts";
import { relativeTime } from "#cli/time-text.ts";
import {
  findQueue,
  keyOf,
  poolOption,
  type PoolOptions,
  WORK_QUEUE_ARGUMENT,
} from "#cli/work-queue-key.ts";

type Options = OutputOptions & PoolOptions;

interface Wanted {
  readonly windowSeconds: number;
  readonly deliverableOnly: boolean;
  readonly limit?: number;
  /** What is said of the queue where there are none. */
  readonly none: string;
}

const PREVIEW_EXAMPLES = `
Examples:
  $ sluice work-queue preview nightly --pool local
  $ sluice work-queue preview nightly --pool local --hours 24 -o json`;

const READ_EXAMPLES = `
Examples:
  $ sluice work-queue read-runs nightly --pool local`;

/** `sluice work-queue preview | read-runs`. */
export function addWorkQueueRuns(group: Command, cli: Cli): void {
  group
    .command("preview")
    .description("list the runs that are due soon, also of a paused work queue; takes none of them")
    .argument("<queue>", WORK_QUEUE_ARGUMENT)
    .addOption(poolOption())
    .option("--hours <n>", "how far ahead to look", notNegative, 1)
    .addOption(outputOption())
    .addHelpText("after", PREVIEW_EXAMPLES)
    .action((queue: string, options: Options & { hours: number }) => {
      const windowSeconds = options.hours * 3600;
      return listRuns(cli, queue, options, {
        windowSeconds,
        deliverableOnly: false,
        none: `is due within ${options.hours} h`,
      });
    });
  group
    .command("read-runs")
    .description(
      "list the runs that would be handed out now, within all limits; takes none of them",
    )
    .argument("<queue>", WORK_QUEUE_ARGUMENT)
    .addOption(poolOption())
    .option("--limit <n>", "at most so many", wholeNumber(1), 10)
    .addOption(outputOption())
    .addHelpText("after", READ_EXAMPLES)
    .action((queue: string, options: Options & { limit: number }) => {
      const { limit } = options;
      return listRuns(cli, queue, options, {
        windowSeconds: 0,
        deliverableOnly: true,
        limit,
        none: "would be handed out now",
      });
    });
}

async function listRuns(
  cli: Cli,
  nameOrId: string,
  options: Options,
  { windowSeconds, deliverableOnly, limit, none }: Wanted,
): Promise<void> {
  const { queue, runs } = await cli.connect(async (plane) => {
    const found = await findQueue(plane, nameOrId, options);
    const upcoming = await firstItems(async (pageSize, pageToken) => {
      const page = await plane.previewWorkQueueRuns({
        key: keyOf(found),
        windowSeconds,
        deliverableOnly,
        pageSize,
        pageToken,
      });
      return { items: page.flowRuns, nextPageToken: page.nextPageToken };
    }, limit);
    return { queue: found, runs: upcoming };
  });
  if (options.output === "json") return printJson(cli.out, runs.map(flowRunDocument));
  if (runs.length === 0) {
    return printNote(cli.out, `No run of work queue '${queue.name}' ${none}.`);
  }
  printRuns(cli, runs);
}

function printRuns(cli: Cli, runs: readonly FlowRun[]): void {
  const now = cli.surroundings.now();
  printTable(
    cli.out,
    [
      { title: "ID" },
      { title: "FLOW", flexible: true },
      { title: "NAME", flexible: true },
      { title: "STATE" },
      { title: "DUE" },
    ],
    runs.map((run) => [
      { text: run.id, paint: cli.out.colours.cyan },
      run.flowName,
      run.name,
      stateCell(cli.out, run.state, ""),
      relativeTime(run.nextScheduledStartTime, now),
    ]),
  );
}
