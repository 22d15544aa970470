import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { concurrencyLimitDocument } from "#cli/documents.ts";
import { firstItems } from "#cli/pages.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";

/** `sluice global-concurrency-limit ls`. */
export function addConcurrencyLimitLs(group: Command, cli: Cli): void {
  group
    .command("ls")
    .description("list concurrency limits by name")
    .addOption(outputOption())
    .action((options: OutputOptions) => listConcurrencyLimits(cli, options));
}

async function listConcurrencyLimits(cli: Cli, options: OutputOptions): Promise<void> {
  const limits = await cli.connect((plane) =>
    firstItems(async (pageSize, pageToken) => {
      const page = await plane.listConcurrencyLimits({ pageSize, pageToken });
      return { items: page.concurrencyLimits, nextPageToken: page.nextPageToken };
    }),
  );
  if (options.output === "json") return printJson(cli.out, limits.map(concurrencyLimitDocument));
  if (limits.length === 0) {
    return printNote(
      cli.out,
      "No concurrency limits. Create one with: sluice global-concurrency-limit create NAME -l N",
    );
  }
  const { colours } = cli.out;
  printTable(
    cli.out,
    [
      { title: "NAME", flexible: true },
      { title: "ACTIVE" },
      { title: "SLOTS", align: "right" },
      { title: "DECAY/S", align: "right" },
      { title: "ID" },
    ],
    limits.map((limit) => [
      { text: limit.name, paint: colours.green },
      limit.active ? { text: "yes", paint: colours.green } : { text: "no", paint: colours.gray },
      `${limit.slotsHeld}/${limit.limit}`,
      String(limit.slotDecayPerSecond),
      limit.id,
    ]),
  );
}
