import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { addBlockDelete } from "./block-delete.ts";
import { addBlockInspect } from "./block-inspect.ts";
import { addBlockLs } from "./block-ls.ts";
import { addBlockTypeCommands } from "./block-type.ts";

/** `sluice block …`: stored configuration, often with secrets, that jobs refer to. */
export function addBlockCommands(program: Command, cli: Cli): void {
  const group = program
    .command("block")
    .alias("blocks")
    .description("manage blocks: stored credentials and configuration; secrets are never shown");
  addBlockLs(group, cli);
  addBlockInspect(group, cli);
  addBlockDelete(group, cli);
  addBlockTypeCommands(group, cli);
}
