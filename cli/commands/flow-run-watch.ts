import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
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
    .argument("<id>")
    .option("--timeout <seconds>", "stop watching after so long", notNegative)
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\nThe exit code is 0 if the run is COMPLETED, and 1 if it is FAILED, CRASHED or CANCELLED.\nCtrl-C stops watching, not the run.",
    )
    .action((id: string, options: WatchOptions) => watch(cli, id, options));
}

async function watch(cli: Cli, id: string, options: WatchOptions): Promise<void> {
  await cli.connect((plane) =>
    watchFlowRun(cli, plane, id, { timeoutSeconds: options.timeout, ...options }),
  );
}
