import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { workPoolDocument } from "#cli/documents.ts";
import { jsonOrText } from "#cli/key-value.ts";
import {
  jsonText,
  outputOption,
  printDetails,
  printHeading,
  printJson,
  type OutputOptions,
} from "#cli/print.ts";
import { localTime } from "#cli/time-text.ts";
import { poolSlots, poolStatusCell } from "./work-pool-ls.ts";

/** `sluice work-pool inspect`. */
export function addWorkPoolInspect(group: Command, cli: Cli): void {
  group
    .command("inspect")
    .description("show all about a work pool")
    .argument("<name>", "its name or id")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions) => inspectWorkPool(cli, name, options));
}

async function inspectWorkPool(cli: Cli, name: string, options: OutputOptions): Promise<void> {
  const { workPool: pool } = await cli.connect((plane) => plane.getWorkPool({ name }));
  if (pool === undefined) throw new CliError(`the control plane sent no work pool '${name}'`);
  const document = workPoolDocument(pool);
  if (options.output === "json") return printJson(cli.out, document);
  printDetails(cli.out, [
    ["name", pool.name],
    ["id", pool.id],
    ["type", pool.type],
    ["description", pool.description],
    ["status", poolStatusCell(cli.out, pool)],
    ["agents online", String(pool.agentsOnline)],
    ["slots held", poolSlots(pool)],
    ["runs waiting", String(pool.waitingRuns)],
    ["lost policy", `${String(document["lost_policy"])} after ${pool.lostAfterSeconds} s`],
    ["ageing", pool.ageingSeconds === undefined ? "" : `one priority for ${pool.ageingSeconds} s`],
    ["created", localTime(pool.createdAt)],
    ["changed", localTime(pool.updatedAt)],
    ["storage", pool.storageConfiguration?.bundleUploadStepJson ?? ""],
  ]);
  printHeading(cli.out, "Base job template");
  cli.out.write(`${jsonText(jsonOrText(pool.baseJobTemplateJson))}\n`);
}
