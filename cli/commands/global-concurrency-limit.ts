import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { addConcurrencyLimitChanges } from "./global-concurrency-limit-change.ts";
import { addConcurrencyLimitCreate } from "./global-concurrency-limit-create.ts";
import { addConcurrencyLimitDelete } from "./global-concurrency-limit-delete.ts";
import { addConcurrencyLimitInspect } from "./global-concurrency-limit-inspect.ts";
import { addConcurrencyLimitLs } from "./global-concurrency-limit-ls.ts";

/** `sluice global-concurrency-limit …`: limits that programs ask for by name. */
export function addConcurrencyLimitCommands(program: Command, cli: Cli): void {
  const group = program
    .command("global-concurrency-limit")
    .aliases(["gcl", "global-concurrency-limits"])
    .description("manage limits that span pools");
  addConcurrencyLimitLs(group, cli);
  addConcurrencyLimitInspect(group, cli);
  addConcurrencyLimitCreate(group, cli);
  addConcurrencyLimitChanges(group, cli);
  addConcurrencyLimitDelete(group, cli);
}
