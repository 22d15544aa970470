import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { addFlowRunCancel } from "./flow-run-cancel.ts";
import { addFlowRunInspect } from "./flow-run-inspect.ts";
import { addFlowRunLogs } from "./flow-run-logs.ts";
import { addFlowRunLs } from "./flow-run-ls.ts";
import { addFlowRunWatch } from "./flow-run-watch.ts";

/** `sluice flow-run …`: what runs, ran and will run. */
export function addFlowRunCommands(program: Command, cli: Cli): void {
  const group = program
    .command("flow-run")
    .alias("flow-runs")
    .description("find, watch and cancel flow runs");
  addFlowRunLs(group, cli);
  addFlowRunInspect(group, cli);
  addFlowRunLogs(group, cli);
  addFlowRunWatch(group, cli);
  addFlowRunCancel(group, cli);
}
