import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { addWorkPoolChanges } from "./work-pool-change.ts";
import { addWorkPoolCreate } from "./work-pool-create.ts";
import { addWorkPoolDelete } from "./work-pool-delete.ts";
import { addWorkPoolInspect } from "./work-pool-inspect.ts";
import { addWorkPoolLs } from "./work-pool-ls.ts";
import { addWorkPoolPreview } from "./work-pool-preview.ts";
import { addWorkPoolPreviewJob } from "./work-pool-preview-job.ts";
import { addWorkPoolSlots } from "./work-pool-slots.ts";
import { addWorkPoolStorage } from "./work-pool-storage.ts";
import { addWorkPoolTemplate } from "./work-pool-template.ts";
import { addWorkPoolUpdate } from "./work-pool-update.ts";

/** `sluice work-pool …`: the places agents take work from. */
export function addWorkPoolCommands(program: Command, cli: Cli): void {
  const group = program.command("work-pool").alias("work-pools").description("manage work pools");
  addWorkPoolCreate(group, cli);
  addWorkPoolLs(group, cli);
  addWorkPoolInspect(group, cli);
  addWorkPoolUpdate(group, cli);
  addWorkPoolChanges(group, cli);
  addWorkPoolDelete(group, cli);
  addWorkPoolSlots(group, cli);
  addWorkPoolPreview(group, cli);
  addWorkPoolPreviewJob(group, cli);
  addWorkPoolTemplate(group, cli);
  addWorkPoolStorage(group, cli);
}
