import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { addServerInfo } from "./server-info.ts";
import { addServerStart } from "./server-start.ts";

/** `sluice server …`: the control plane itself. */
export function addServerCommands(program: Command, cli: Cli): void {
  const group = program.command("server").description("start the control plane, or ask for it");
  addServerStart(group, cli);
  addServerInfo(group, cli);
}
