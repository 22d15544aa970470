import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { usageError } from "#cli/cli-error.ts";
import { upcomingRunDocument } from "#cli/documents.ts";
import { notNegative } from "#cli/key-value.ts";
import { firstItems } from "#cli/pages.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";
import { DEFAULT_WORK_POOL } from "#cli/profiles.ts";
import { stateCell } from "#cli/state-style.ts";
import { localTime, relativeTime } from "#cli/time-text.ts";

interface PreviewOptions extends OutputOptions {
  readonly hours: number;
}

const EXAMPLES = `
Examples:
  $ sluice work-pool preview local
  $ sluice work-pool preview local --hours 24 -o json`;

/** `sluice work-pool preview`. */
export function addWorkPoolPreview(group: Command, cli: Cli): void {
  group
    .command("preview")
    .description("list what would start next in a work pool, in that order")
    .argument("[name]", `left out: the one that ${DEFAULT_WORK_POOL} names`)
    .option(
      "--hours <n>",
      "what is due within so many hours, and all that is overdue",
      notNegative,
      1,
    )
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((name: string | undefined, options: PreviewOptions) => preview(cli, name, options));
}

async function preview(
  cli: Cli,
  given: string | undefined,
  options: PreviewOptions,
): Promise<void> {
  const name = given ?? cli.defaultWorkPool();
  if (name === undefined) {
    throw usageError(
      "no work pool is named",
      `Name one, or set ${DEFAULT_WORK_POOL}: \`sluice work-pool create NAME --set-as-default\``,
    );
  }
  const { hours } = options;
  const runs = await cli.connect((plane) =>
    firstItems(async (pageSize, pageToken) => {
      const page = await plane.previewRuns({ name, hours, pageSize, pageToken });
      return { items: page.runs, nextPageToken: page.nextPageToken };
    }),
  );
  if (options.output === "json") return printJson(cli.out, runs.map(upcomingRunDocument));
  if (runs.length === 0) {
    return printNote(cli.out, `Nothing is due in '${name}' within ${hours} h.`);
  }
  const now = cli.surroundings.now();
  printTable(
    cli.out,
    [
      { title: "DUE" },
      { title: "", align: "right" },
      { title: "QUEUE", flexible: true },
      { title: "FLOW RUN", flexible: true },
      { title: "DEPLOYMENT", flexible: true },
      { title: "STATE" },
    ],
    runs.map((run) => [
      localTime(run.dueAt).slice(0, 19),
      relativeTime(run.dueAt, now),
      run.isHeldUp ? `${run.workQueueName} (paused)` : run.workQueueName,
      { text: run.flowRunName, paint: cli.out.colours.green },
      run.deploymentName || run.flowName,
      stateCell(cli.out, run.state),
    ]),
  );
}
