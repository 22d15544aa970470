import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { outputOption, type OutputOptions, printJson, printSuccess } from "#cli/print.ts";
import {
  findQueue,
  keyOf,
  poolOption,
  type PoolOptions,
  WORK_QUEUE_ARGUMENT,
} from "#cli/work-queue-key.ts";

interface DeleteOptions extends OutputOptions, PoolOptions {
  readonly yes?: true;
}

const EXAMPLES = `
Examples:
  $ sluice work-queue delete nightly --pool local`;

/** `sluice work-queue delete`. */
export function addWorkQueueDelete(group: Command, cli: Cli): void {
  group
    .command("delete")
    .description("delete a work queue; deployments and waiting runs stay, and are not started")
    .argument("<queue>", WORK_QUEUE_ARGUMENT)
    .addOption(poolOption())
    .option("-y, --yes", "do not ask")
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((queue: string, options: DeleteOptions) => deleteWorkQueue(cli, queue, options));
}

async function deleteWorkQueue(cli: Cli, nameOrId: string, options: DeleteOptions): Promise<void> {
  const queue = await cli.connect(async (plane) => {
    const found = await findQueue(plane, nameOrId, options);
    const question = `Delete work queue '${found.name}' of work pool '${found.workPoolName}'?`;
    if (options.yes !== true && !(await cli.surroundings.confirm(question))) {
      throw new CliError("not deleted");
    }
    await plane.deleteWorkQueue({ key: keyOf(found) });
    return found;
  });
  if (options.output === "json") {
    return printJson(cli.out, { deleted: queue.name, work_pool: queue.workPoolName, id: queue.id });
  }
  printSuccess(cli.out, `Deleted work queue '${queue.name}'.`);
}
