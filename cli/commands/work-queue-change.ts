import type { Command } from "commander";
import type { UpdateWorkQueueRequest } from "#proto/sluice/v1/work_queue_service.ts";
import type { Cli } from "#cli/cli.ts";
import { CliError, usageError } from "#cli/cli-error.ts";
import { workQueueDocument } from "#cli/documents.ts";
import { wholeNumber } from "#cli/key-value.ts";
import { outputOption, printJson, printSuccess, type OutputOptions } from "#cli/print.ts";
import {
  AGENT_POOL,
  findQueue,
  keyOf,
  poolOption,
  type PoolOptions,
  WORK_QUEUE_ARGUMENT,
} from "#cli/work-queue-key.ts";
import { isUuid } from "#shared/ids.ts";

const MOST = 2_147_483_647;

type Change = Partial<Omit<UpdateWorkQueueRequest, "key">>;
type Options = OutputOptions & PoolOptions;

interface UpdateOptions extends Options {
  readonly name?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly limit?: number;
}

const UPDATE_EXAMPLES = `
Examples:
  $ sluice work-queue update urgent --pool local --priority 1
  $ sluice work-queue update urgent --pool local --name express --description 'first of all'`;

const PAUSE_EXAMPLES = `
Examples:
  $ sluice work-queue pause nightly --pool local
  $ sluice work-queue resume nightly --pool local`;

const LIMIT_EXAMPLES = `
Examples:
  $ sluice work-queue set-concurrency-limit nightly 2 --pool local
  $ sluice work-queue clear-concurrency-limit nightly --pool local`;

/** `sluice work-queue update | pause | resume | set-concurrency-limit | clear-concurrency-limit`. */
export function addWorkQueueChanges(group: Command, cli: Cli): void {
  const command = (name: string, description: string, examples: string): Command =>
    group
      .command(name)
      .description(description)
      .argument("<queue>", WORK_QUEUE_ARGUMENT)
      .addOption(poolOption())
      .addOption(outputOption())
      .addHelpText("after", examples);

  command("update", "change name, description, priority or limit", UPDATE_EXAMPLES)
    .option("--name <name>", "its new name, without / % & > <")
    .option("--description <text>", "for people")
    .option("-q, --priority <n>", "from 1; the queue that has it moves down", wholeNumber(1, MOST))
    .option("-l, --limit <n>", "most runs at once; 0: none", wholeNumber(0, MOST))
    .action((queue: string, options: UpdateOptions) => updateWorkQueue(cli, queue, options));

  command("pause", "grant nothing until it is resumed; what runs goes on", PAUSE_EXAMPLES)
    .option("-y, --yes", "do not ask, although no pool is given")
    .action((queue: string, options: Options & { yes?: true }) =>
      pauseWorkQueue(cli, queue, options),
    );

  command("resume", "grant its runs again", PAUSE_EXAMPLES).action(
    (queue: string, options: Options) =>
      change(cli, queue, options, { isPaused: false }, (name) => `Resumed work queue '${name}'.`),
  );

  group
    .command("set-concurrency-limit")
    .description("allow at most so many of its runs at once; 0: none")
    .argument("<queue>", WORK_QUEUE_ARGUMENT)
    .argument("<n>", "the limit", wholeNumber(0, MOST))
    .addOption(poolOption())
    .addOption(outputOption())
    .addHelpText("after", LIMIT_EXAMPLES)
    .action((queue: string, limit: number, options: Options) =>
      change(
        cli,
        queue,
        options,
        { concurrencyLimit: limit },
        (name) => `Work queue '${name}' runs at most ${limit} at once.`,
      ),
    );

  command("clear-concurrency-limit", "allow any number of its runs at once", LIMIT_EXAMPLES).action(
    (queue: string, options: Options) =>
      change(
        cli,
        queue,
        options,
        { clearConcurrencyLimit: true },
        (name) => `Work queue '${name}' has no limit now.`,
      ),
  );
}

function updateWorkQueue(cli: Cli, queue: string, options: UpdateOptions): Promise<void> {
  const { name, description, priority, limit: concurrencyLimit } = options;
  const given = { name, description, priority, concurrencyLimit };
  if (Object.values(given).every((value) => value === undefined)) {
    throw usageError(
      "nothing to change: give --name, --description, --priority or --limit",
      "`sluice work-queue pause` and `resume` stop and restart it.",
    );
  }
  return change(cli, queue, options, given, (now) => `Changed work queue '${now}'.`);
}

async function pauseWorkQueue(
  cli: Cli,
  queue: string,
  options: Options & { yes?: true },
): Promise<void> {
  const sure =
    options.pool !== undefined ||
    options.yes === true ||
    isUuid(queue) ||
    (await cli.surroundings.confirm(
      `No --pool is given. Pause work queue '${queue}' of work pool '${AGENT_POOL}'?`,
    ));
  if (!sure) throw new CliError("not paused");
  await change(cli, queue, options, { isPaused: true }, (name) => `Paused work queue '${name}'.`);
}

async function change(
  cli: Cli,
  nameOrId: string,
  options: Options,
  wanted: Change,
  done: (name: string) => string,
): Promise<void> {
  const { workQueue } = await cli.connect(async (plane) =>
    plane.updateWorkQueue({
      key: keyOf(await findQueue(plane, nameOrId, options)),
      name: wanted.name,
      description: wanted.description,
      isPaused: wanted.isPaused,
      concurrencyLimit: wanted.concurrencyLimit,
      clearConcurrencyLimit: wanted.clearConcurrencyLimit ?? false,
      priority: wanted.priority,
    }),
  );
  if (options.output !== "json") return printSuccess(cli.out, done(workQueue?.name ?? nameOrId));
  printJson(cli.out, workQueue === undefined ? {} : workQueueDocument(workQueue));
}
