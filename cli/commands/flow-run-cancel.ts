import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { flowRunDocument } from "#cli/documents.ts";
import { findFlowRunId, FLOW_RUN_ARGUMENT } from "#cli/find-flow-run.ts";
import {
  outputOption,
  printJson,
  printNote,
  printSuccess,
  type OutputOptions,
} from "#cli/print.ts";

/** `sluice flow-run cancel`. */
export function addFlowRunCancel(group: Command, cli: Cli): void {
  group
    .command("cancel")
    .description("ask a run to stop")
    .argument("<run>", FLOW_RUN_ARGUMENT)
    .addOption(outputOption())
    .action((run: string, options: OutputOptions) => cancelFlowRun(cli, run, options));
}

async function cancelFlowRun(cli: Cli, reference: string, options: OutputOptions): Promise<void> {
  const { flowRun: run } = await cli.connect(async (plane) =>
    plane.cancelFlowRun({ id: await findFlowRunId(plane, reference) }),
  );
  if (options.output === "json")
    return printJson(cli.out, run === undefined ? {} : flowRunDocument(run));
  const name = run?.name ?? reference;
  if (run?.state?.type === "STATE_TYPE_CANCELLED") {
    return printSuccess(cli.out, `Flow run '${name}' is CANCELLED.`);
  }
  printSuccess(cli.out, `Flow run '${name}' was asked to stop.`);
  printNote(
    cli.out,
    `It is CANCELLED once its processes are gone: sluice flow-run watch ${run?.id ?? reference}`,
  );
}
