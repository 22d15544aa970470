import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { workQueueDocument, workQueueStatusDocument } from "#cli/documents.ts";
import { outputOption, printDetails, printJson, type OutputOptions } from "#cli/print.ts";
import { localTime } from "#cli/time-text.ts";
import {
  findQueue,
  keyOf,
  poolOption,
  type PoolOptions,
  WORK_QUEUE_ARGUMENT,
} from "#cli/work-queue-key.ts";
import { queueSlots, queueStatusCell } from "./work-queue-ls.ts";

const EXAMPLES = `
Examples:
  $ sluice work-queue inspect urgent --pool local
  $ sluice work-queue inspect urgent --pool local -o json`;

/** `sluice work-queue inspect`. */
export function addWorkQueueInspect(group: Command, cli: Cli): void {
  group
    .command("inspect")
    .description("show all about a work queue, and whether its runs are taken in time")
    .argument("<queue>", WORK_QUEUE_ARGUMENT)
    .addOption(poolOption())
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((queue: string, options: OutputOptions & PoolOptions) =>
      inspectWorkQueue(cli, queue, options),
    );
}

async function inspectWorkQueue(
  cli: Cli,
  nameOrId: string,
  options: OutputOptions & PoolOptions,
): Promise<void> {
  const { queue, health } = await cli.connect(async (plane) => {
    const found = await findQueue(plane, nameOrId, options);
    return { queue: found, health: await plane.getWorkQueueStatus({ key: keyOf(found) }) };
  });
  if (options.output === "json") {
    return printJson(cli.out, {
      ...workQueueDocument(queue),
      status_details: workQueueStatusDocument(health),
    });
  }
  const { green, yellow } = cli.out.colours;
  printDetails(cli.out, [
    ["Name", queue.name],
    ["Id", queue.id],
    ["Work pool", queue.workPoolName],
    ["Description", queue.description],
    ["Priority", String(queue.priority)],
    ["Status", queueStatusCell(cli.out, queue)],
    ["Healthy", health.healthy ? { text: "yes", paint: green } : { text: "no", paint: yellow }],
    ["Late runs", String(health.lateRuns)],
    ["Last polled", queue.lastPolledAt === undefined ? "never" : localTime(queue.lastPolledAt)],
    ["Slots", queueSlots(queue)],
    ["Waiting runs", String(queue.waitingRuns)],
    ["Default", queue.isDefault ? "yes: deployments that name no queue are in it" : ""],
    ["Created", localTime(queue.createdAt)],
    ["Changed", localTime(queue.updatedAt)],
  ]);
}
