import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { flowRunDocument } from "#cli/documents.ts";
import { firstItems } from "#cli/pages.ts";
import {
  outputOption,
  printDetails,
  printHeading,
  printJson,
  printNote,
  printTable,
  type OutputOptions,
} from "#cli/print.ts";
import { stateCell } from "#cli/state-style.ts";
import { relativeTime } from "#cli/time-text.ts";
import {
  findQueue,
  keyOf,
  poolOption,
  type PoolOptions,
  WORK_QUEUE_ARGUMENT,
} from "#cli/work-queue-key.ts";
import { queueSlots } from "./work-queue-ls.ts";

type Options = OutputOptions & PoolOptions;

const EXAMPLES = `
Examples:
  $ sluice work-queue slots urgent --pool local
  $ sluice work-queue slots urgent --pool local -o json`;

/** `sluice work-queue slots`. */
export function addWorkQueueSlots(group: Command, cli: Cli): void {
  group
    .command("slots")
    .description(
      "show which runs hold a work queue's slots, those that have held them longest first",
    )
    .argument("<queue>", WORK_QUEUE_ARGUMENT)
    .addOption(poolOption())
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((queue: string, options: Options) => showSlots(cli, queue, options));
}

async function showSlots(cli: Cli, nameOrId: string, options: Options): Promise<void> {
  const { queue, runs } = await cli.connect(async (plane) => {
    const found = await findQueue(plane, nameOrId, options);
    const holders = await firstItems(async (pageSize, pageToken) => {
      const page = await plane.listWorkQueueSlots({ key: keyOf(found), pageSize, pageToken });
      return { items: page.flowRuns, nextPageToken: page.nextPageToken };
    });
    return { queue: found, runs: holders };
  });
  if (options.output === "json") {
    return printJson(cli.out, {
      id: queue.id,
      name: queue.name,
      work_pool: queue.workPoolName,
      slots_held: queue.slotsHeld,
      concurrency_limit: queue.concurrencyLimit ?? null,
      flow_runs: runs.map(flowRunDocument),
    });
  }
  printDetails(cli.out, [["slots held", queueSlots(queue)]]);
  if (runs.length === 0) return printNote(cli.out, "Nobody holds a slot.");
  const now = cli.surroundings.now();
  printHeading(cli.out, "Held by");
  printTable(
    cli.out,
    [
      { title: "ID" },
      { title: "FLOW", flexible: true },
      { title: "NAME", flexible: true },
      { title: "STATE" },
      { title: "SINCE" },
      { title: "AGENT", flexible: true },
    ],
    runs.map((run) => [
      { text: run.id, paint: cli.out.colours.cyan },
      run.flowName,
      run.name,
      stateCell(cli.out, run.state, ""),
      relativeTime(run.state?.timestamp, now),
      run.agentName,
    ]),
  );
}
