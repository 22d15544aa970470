import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { addVariableGet } from "./variable-get.ts";
import { addVariableInspect } from "./variable-inspect.ts";
import { addVariableLs } from "./variable-ls.ts";
import { addVariableSet } from "./variable-set.ts";
import { addVariableUnset } from "./variable-unset.ts";

/** `sluice variable …`: values under names, which deployments and templates may use. */
export function addVariableCommands(program: Command, cli: Cli): void {
  const group = program
    .command("variable")
    .alias("variables")
    .description("manage variables: values that jobs refer to by name");
  addVariableSet(group, cli);
  addVariableGet(group, cli);
  addVariableLs(group, cli);
  addVariableInspect(group, cli);
  addVariableUnset(group, cli);
}
