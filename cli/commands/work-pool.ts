import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { addWorkPoolChanges } from "./work-pool-change.ts";
import { addWorkPoolCreate } from "./work-pool-create.ts";
import { addWorkPoolDelete } from "./work-pool-delete.ts";
import { addWorkPoolInspect } from "./work-pool-inspect.ts";
import { addWorkPoolLs } from "./work-pool-ls.ts";

/** `sluice work-pool …`: the places agents take work from. */
export function addWorkPoolCommands(program: Command, cli: Cli): void {
  const group = program.command("work-pool").alias("work-pools").description("manage work pools");
  addWorkPoolCreate(group, cli);
  addWorkPoolLs(group, cli);
  addWorkPoolInspect(group, cli);
  addWorkPoolChanges(group, cli);
  addWorkPoolDelete(group, cli);
}
