import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { addDeploymentDelete } from "./deployment-delete.ts";
import { addDeploymentInspect } from "./deployment-inspect.ts";
import { addDeploymentLs } from "./deployment-ls.ts";
import { addDeploymentRun } from "./deployment-run.ts";
import { addDeploymentRunEach } from "./deployment-run-each.ts";

/** `sluice deployment …`: what can be run. */
export function addDeploymentCommands(program: Command, cli: Cli): void {
  const group = program
    .command("deployment")
    .alias("deployments")
    .description("manage and run deployments");
  addDeploymentLs(group, cli);
  addDeploymentInspect(group, cli);
  addDeploymentRun(group, cli);
  addDeploymentRunEach(group, cli);
  addDeploymentDelete(group, cli);
}
