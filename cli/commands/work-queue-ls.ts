import type { Command } from "commander";
import type { WorkQueue } from "#proto/sluice/v1/work_queue_service.ts";
import type { Cli } from "#cli/cli.ts";
import { workQueueDocument } from "#cli/documents.ts";
import { firstItems } from "#cli/pages.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";
import type { Cell, Column } from "#cli/table.ts";
import type { Sink } from "#cli/terminal.ts";
import type { PoolOptions } from "#cli/work-queue-key.ts";

interface ListOptions extends OutputOptions, PoolOptions {
  readonly verbose?: true;
  readonly match?: string;
}

const EXAMPLES = `
Examples:
  $ sluice work-queue ls --pool local
  $ sluice work-queue ls --match night -o json`;

/** `sluice work-queue ls`. */
export function addWorkQueueLs(group: Command, cli: Cli): void {
  group
    .command("ls")
    .description("list the work queues of a pool by priority, or of all pools by name")
    .option("-p, --pool <pool>", "only of this work pool")
    .option("-m, --match <prefix>", "only those whose names begin so, however they are written")
    .option("-v, --verbose", "with ids and descriptions")
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((options: ListOptions) => listWorkQueues(cli, options));
}

async function listWorkQueues(cli: Cli, options: ListOptions): Promise<void> {
  const { pool = "", match = "", verbose = false } = options;
  const queues = await cli.connect((plane) =>
    firstItems(async (pageSize, pageToken) => {
      const request = { workPoolName: pool, namePrefix: match, pageSize, pageToken };
      const page = await plane.listWorkQueues(request);
      return { items: page.workQueues, nextPageToken: page.nextPageToken };
    }),
  );
  if (options.output === "json") return printJson(cli.out, queues.map(workQueueDocument));
  if (queues.length === 0) {
    return printNote(
      cli.out,
      match === "" ? "No work queues." : `No work queue's name begins with '${match}'.`,
    );
  }
  const shown = [...columnsOf(cli.out, pool === ""), ...(verbose ? VERBOSE : [])];
  printTable(
    cli.out,
    shown.map(({ column }) => column),
    queues.map((queue) => shown.map(({ cell }) => cell(queue))),
  );
}

interface Shown {
  readonly column: Column;
  readonly cell: (queue: WorkQueue) => Cell;
}

function columnsOf(sink: Sink, withPool: boolean): Shown[] {
  const { green } = sink.colours;
  const pool: Shown = {
    column: { title: "POOL", flexible: true },
    cell: ({ workPoolName }) => workPoolName,
  };
  return [
    {
      column: { title: "NAME", flexible: true },
      cell: ({ name }) => ({ text: name, paint: green }),
    },
    ...(withPool ? [pool] : []),
    {
      column: { title: "PRIORITY", align: "right" },
      cell: ({ priority }) => String(priority),
    },
    { column: { title: "STATUS" }, cell: (queue) => queueStatusCell(sink, queue) },
    { column: { title: "SLOTS", align: "right" }, cell: queueSlots },
    {
      column: { title: "WAITING", align: "right" },
      cell: ({ waitingRuns }) => String(waitingRuns),
    },
  ];
}

const VERBOSE: readonly Shown[] = [
  { column: { title: "ID" }, cell: ({ id }) => id },
  { column: { title: "DESCRIPTION", flexible: true }, cell: ({ description }) => description },
];

/** A queue's status in words. One that is paused is called so, whatever it was created as. */
export function queueStatusCell(sink: Sink, queue: WorkQueue): Cell {
  const { colours } = sink;
  if (queue.isPaused) return { text: "paused", paint: colours.gray };
  switch (queue.status) {
    case "WORK_QUEUE_STATUS_READY":
      return { text: "ready", paint: colours.green };
    case "WORK_QUEUE_STATUS_NOT_READY":
      return { text: "not ready", paint: colours.yellow };
    case "WORK_QUEUE_STATUS_PAUSED":
      return { text: "paused", paint: colours.gray };
    case "WORK_QUEUE_STATUS_UNSPECIFIED":
    case "UNRECOGNIZED":
      return "unknown";
  }
}

/** Slots held of those there are. */
export function queueSlots({ slotsHeld, concurrencyLimit }: WorkQueue): string {
  return `${slotsHeld}/${concurrencyLimit ?? "∞"}`;
}
