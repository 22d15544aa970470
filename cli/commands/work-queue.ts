import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { addWorkQueueChanges } from "./work-queue-change.ts";
import { addWorkQueueCreate } from "./work-queue-create.ts";
import { addWorkQueueDelete } from "./work-queue-delete.ts";
import { addWorkQueueInspect } from "./work-queue-inspect.ts";
import { addWorkQueueLs } from "./work-queue-ls.ts";
import { addWorkQueueRuns } from "./work-queue-runs.ts";
import { addWorkQueueSlots } from "./work-queue-slots.ts";

/** `sluice work-queue …`: the parts of work pools. */
export function addWorkQueueCommands(program: Command, cli: Cli): void {
  const group = program
    .command("work-queue")
    .alias("work-queues")
    .description("manage work queues: the parts of work pools");
  addWorkQueueCreate(group, cli);
  addWorkQueueLs(group, cli);
  addWorkQueueInspect(group, cli);
  addWorkQueueChanges(group, cli);
  addWorkQueueSlots(group, cli);
  addWorkQueueRuns(group, cli);
  addWorkQueueDelete(group, cli);
}
