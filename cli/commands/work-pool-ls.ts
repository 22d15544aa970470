import type { Command } from "commander";
import type { WorkPool } from "#proto/sluice/v1/work_pool_service.ts";
import type { Cli } from "#cli/cli.ts";
import { workPoolDocument } from "#cli/documents.ts";
import { firstItems } from "#cli/pages.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";
import type { Cell } from "#cli/table.ts";
import type { Sink } from "#cli/terminal.ts";

/** `sluice work-pool ls`. */
export function addWorkPoolLs(group: Command, cli: Cli): void {
  group
    .command("ls")
    .description("list work pools by name")
    .option("-v, --verbose", "also their ids and templates")
    .addOption(outputOption())
    .action((options: LsOptions) => listWorkPools(cli, options));
}

interface LsOptions extends OutputOptions {
  readonly verbose?: true;
}

async function listWorkPools(cli: Cli, options: LsOptions): Promise<void> {
  const pools = await cli.connect((plane) =>
    firstItems(async (pageSize, pageToken) => {
      const page = await plane.listWorkPools({ pageSize, pageToken });
      return { items: page.workPools, nextPageToken: page.nextPageToken };
    }),
  );
  if (options.output === "json") return printJson(cli.out, pools.map(workPoolDocument));
  if (pools.length === 0) {
    return printNote(
      cli.out,
      "No work pools. Create one with: sluice work-pool create NAME --type process",
    );
  }
  const verbose = options.verbose === true;
  printTable(
    cli.out,
    [
      { title: "NAME", flexible: true },
      { title: "TYPE" },
      { title: "STATUS" },
      { title: "AGENTS", align: "right" },
      { title: "SLOTS", align: "right" },
      { title: "WAITING", align: "right" },
      { title: "DESCRIPTION", flexible: true },
      ...(verbose ? [{ title: "ID" }, { title: "BASE JOB TEMPLATE", flexible: true }] : []),
    ],
    pools.map((pool) => [
      { text: pool.name, paint: cli.out.colours.green },
      pool.type,
      poolStatusCell(cli.out, pool),
      String(pool.agentsOnline),
      poolSlots(pool),
      String(pool.waitingRuns),
      pool.description,
      ...(verbose ? [pool.id, pool.baseJobTemplateJson] : []),
    ]),
  );
}

/** A pool's status in words. */
export function poolStatusCell(sink: Sink, pool: WorkPool): Cell {
  const { colours } = sink;
  switch (pool.status) {
    case "WORK_POOL_STATUS_READY":
      return { text: "ready", paint: colours.green };
    case "WORK_POOL_STATUS_NOT_READY":
      return { text: "not ready", paint: colours.yellow };
    case "WORK_POOL_STATUS_PAUSED":
      return { text: "paused", paint: colours.gray };
    case "WORK_POOL_STATUS_UNSPECIFIED":
    case "UNRECOGNIZED":
      return "unknown";
  }
}

/** Slots held of those there are. */
export function poolSlots(pool: WorkPool): string {
  return `${pool.slotsHeld}/${pool.concurrencyLimit ?? "∞"}`;
}
