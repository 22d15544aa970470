import type { Command } from "commander";
import { requireName } from "#shared/names.ts";
import type { Cli } from "#cli/cli.ts";
import { workQueueDocument } from "#cli/documents.ts";
import { wholeNumber } from "#cli/key-value.ts";
import {
  outputOption,
  printJson,
  printNote,
  printSuccess,
  type OutputOptions,
} from "#cli/print.ts";
import { AGENT_POOL, poolOption, type PoolOptions } from "#cli/work-queue-key.ts";

const MOST = 2_147_483_647;

interface CreateOptions extends OutputOptions, PoolOptions {
  readonly priority?: number;
  readonly limit?: number;
  readonly description?: string;
  readonly paused?: true;
}

const EXAMPLES = `
Examples:
  $ sluice work-queue create urgent --pool local --priority 1
  $ sluice work-queue create nightly --pool local --limit 2`;

/** `sluice work-queue create`. */
export function addWorkQueueCreate(group: Command, cli: Cli): void {
  group
    .command("create")
    .description("create a work queue in a work pool")
    .argument("<name>", "its name, without / % & > <")
    .addOption(poolOption())
    .option(
      "-q, --priority <n>",
      "from 1, which is served first; the queue that has it moves down (the first free one)",
      wholeNumber(1, MOST),
    )
    .option("-l, --limit <n>", "most runs at once; 0: none", wholeNumber(0, MOST))
    .option("--description <text>", "for people")
    .option("--paused", "create it paused: nothing is granted until it is resumed")
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((name: string, options: CreateOptions) => createWorkQueue(cli, name, options));
}

async function createWorkQueue(cli: Cli, name: string, options: CreateOptions): Promise<void> {
  requireName("name", name);
  const { pool } = options;
  const { workQueue } = await cli.connect((plane) =>
    plane.createWorkQueue({
      workPoolName: pool ?? "",
      name,
      description: options.description ?? "",
      isPaused: options.paused ?? false,
      concurrencyLimit: options.limit,
      priority: options.priority,
    }),
  );
  if (options.output === "json") {
    return printJson(cli.out, workQueue === undefined ? {} : workQueueDocument(workQueue));
  }
  const where = `work pool '${pool ?? AGENT_POOL}'`;
  const place = workQueue === undefined ? "" : `, with priority ${workQueue.priority}`;
  printSuccess(cli.out, `Created work queue '${name}' in ${where}${place}.`);
  if (pool === undefined) {
    printNote(cli.out, "No --pool was given, so it is in the pool of queues without one.");
  } else if (options.paused) {
    printNote(cli.out, `Resume it with: sluice work-queue resume ${name} --pool ${pool}`);
  } else {
    printNote(cli.out, `Serve only it with: agent --pool ${pool} --work-queue ${name}`);
  }
}
