import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { findFlowRunId, FLOW_RUN_ARGUMENT } from "#cli/find-flow-run.ts";
import { notNegative } from "#cli/key-value.ts";
import { outputOption, type OutputOptions } from "#cli/print.ts";
import { watchFlowRun } from "#cli/watch-flow-run.ts";

interface WatchOptions extends OutputOptions {
  readonly timeout?: number;
}

/** `sluice flow-run watch`. */
export function addFlowRunWatch(group: Command, cli: Cli): void {
  group
    .command("watch")
    .description("show states and output of a run until it ends, then its timeline")
    .argument("<run>", FLOW_RUN_ARGUMENT)
    .option("--timeout <seconds>", "stop watching after so long", notNegative)
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\nThe exit code is 0 if the run is COMPLETED, and 1 if it is FAILED, CRASHED or CANCELLED.\nCtrl-C stops watching, not the run.",
    )
    .action((run: string, options: WatchOptions) => watch(cli, run, options));
}

async function watch(cli: Cli, reference: string, options: WatchOptions): Promise<void> {
  await cli.connect(async (plane) => {
    const id = await findFlowRunId(plane, reference);
    await watchFlowRun(cli, plane, id, { timeoutSeconds: options.timeout, ...options });
  });
}
