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
    ["name", queue.name],
    ["id", queue.id],
    ["work pool", queue.workPoolName],
    ["description", queue.description],
    ["priority", String(queue.priority)],
    ["status", queueStatusCell(cli.out, queue)],
    ["healthy", health.healthy ? { text: "yes", paint: green } : { text: "no", paint: yellow }],
    ["runs late", String(health.lateRuns)],
    ["last polled", queue.lastPolledAt === undefined ? "never" : localTime(queue.lastPolledAt)],
    ["slots held", queueSlots(queue)],
    ["runs waiting", String(queue.waitingRuns)],
    ["default", queue.isDefault ? "yes: deployments that name no queue are in it" : ""],
    ["created", localTime(queue.createdAt)],
    ["changed", localTime(queue.updatedAt)],
  ]);
}
