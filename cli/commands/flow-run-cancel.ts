import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { flowRunDocument } from "#cli/documents.ts";
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
    .argument("<id>")
    .addOption(outputOption())
    .action((id: string, options: OutputOptions) => cancelFlowRun(cli, id, options));
}

async function cancelFlowRun(cli: Cli, id: string, options: OutputOptions): Promise<void> {
  const { flowRun: run } = await cli.connect((plane) => plane.cancelFlowRun({ id }));
  if (options.output === "json")
    return printJson(cli.out, run === undefined ? {} : flowRunDocument(run));
  const name = run?.name ?? id;
  if (run?.state?.type === "STATE_TYPE_CANCELLED") {
    return printSuccess(cli.out, `Flow run '${name}' is CANCELLED.`);
  }
  printSuccess(cli.out, `Flow run '${name}' was asked to stop.`);
  printNote(
    cli.out,
    `It is CANCELLED once its processes are gone: sluice flow-run watch ${run?.id ?? id}`,
  );
}
