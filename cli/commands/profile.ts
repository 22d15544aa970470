import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { addProfileChanges } from "./profile-change.ts";
import { addProfileInspect } from "./profile-inspect.ts";
import { addProfileLs } from "./profile-ls.ts";

/** `sluice profile …`: named sets of variables, for several control planes. */
export function addProfileCommands(program: Command, cli: Cli): void {
  const group = program
    .command("profile")
    .alias("profiles")
    .description("manage named sets of variables");
  addProfileLs(group, cli);
  addProfileInspect(group, cli);
  addProfileChanges(group, cli);
}
