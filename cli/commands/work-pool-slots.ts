import type { Command } from "commander";
import type { GetWorkPoolSlotsResponse, SlotHolder } from "#proto/sluice/v1/work_pool_insight.ts";
import type { Cli } from "#cli/cli.ts";
import { poolSlotsDocument } from "#cli/documents.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";
import { stateCell } from "#cli/state-style.ts";
import type { Cell } from "#cli/table.ts";
import type { Sink } from "#cli/terminal.ts";
import { shortSpan } from "#cli/time-text.ts";

const HOLDERS = 200;
const BAR_CELLS = 20;

/** `sluice work-pool slots`. */
export function addWorkPoolSlots(group: Command, cli: Cli): void {
  group
    .command("slots")
    .description("show who holds the slots of a work pool, queue by queue")
    .argument("<name>")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions) => showSlots(cli, name, options));
}

async function showSlots(cli: Cli, name: string, options: OutputOptions): Promise<void> {
  const slots = await cli.connect((plane) =>
    plane.getWorkPoolSlots({ name, holdersPerQueue: HOLDERS }),
  );
  if (options.output === "json") return printJson(cli.out, poolSlotsDocument(slots));
  const { out } = cli;
  const { slotsHeld, concurrencyLimit: limit, now, queues } = slots;
  const paint = slotsColour(out, slotsHeld, limit);
  out.write(`${paint(`${slotsBar(slotsHeld, limit)}${slotsHeld} / ${limit ?? "∞"}`)}\n`);
  const rows = queues.flatMap((queue) =>
    queue.holders.map((holder, index) => [
      index === 0 ? queueWords(queue) : "",
      holder.flowRunName,
      holderState(out, holder),
      holder.agentName,
      shortSpan(Math.max(0, ((now?.getTime() ?? 0) - (holder.since?.getTime() ?? 0)) / 1000)),
    ]),
  );
  if (rows.length === 0) return printNote(out, "Nobody holds a slot.");
  out.write("\n");
  printTable(
    out,
    [
      { title: "QUEUE", flexible: true },
      { title: "FLOW RUN", flexible: true },
      { title: "STATE" },
      { title: "AGENT", flexible: true },
      { title: "FOR", align: "right" },
    ],
    rows,
  );
  for (const queue of queues) {
    const more = queue.slotsHeld - queue.holders.length;
    if (more > 0) printNote(out, `… and ${more} more in queue '${queue.workQueueName}'`);
  }
}

function queueWords(queue: GetWorkPoolSlotsResponse["queues"][number]): string {
  const limit = queue.concurrencyLimit;
  const held = limit === undefined ? String(queue.slotsHeld) : `${queue.slotsHeld}/${limit}`;
  return `${queue.workQueueName} (${held}${queue.isPaused ? ", paused" : ""})`;
}

function holderState(sink: Sink, holder: SlotHolder): Cell {
  return stateCell(sink, holder.state, holder.stopping ? "(stopping)" : "");
}

function slotsBar(held: number, limit: number | undefined): string {
  if (limit === undefined || limit === 0) return "";
  const full = Math.min(BAR_CELLS, Math.round((held / limit) * BAR_CELLS));
  return `${"█".repeat(full)}${"░".repeat(BAR_CELLS - full)} `;
}

function slotsColour(
  { colours }: Sink,
  held: number,
  limit: number | undefined,
): (text: string) => string {
  if (limit === undefined) return colours.blue;
  if (limit === 0 || held / limit > 0.8) return colours.red;
  return held / limit > 0.6 ? colours.yellow : colours.green;
}
