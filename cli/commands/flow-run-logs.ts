import { Option, type Command } from "commander";
import type { LogLine } from "#proto/sluice/v1/flow_run.ts";
import type { Cli } from "#cli/cli.ts";
import { InterruptedError } from "#cli/cli-error.ts";
import type { ControlPlane } from "#cli/control-plane.ts";
import { logLineDocument } from "#cli/documents.ts";
import { findFlowRunId, FLOW_RUN_ARGUMENT } from "#cli/find-flow-run.ts";
import { logText } from "#cli/flow-run-text.ts";
import { followFlowRun } from "#cli/follow-flow-run.ts";
import { wholeNumber } from "#cli/key-value.ts";
import { firstItems } from "#cli/pages.ts";
import { outputOption, printJson, printWarning, type OutputOptions } from "#cli/print.ts";

interface LogsOptions extends OutputOptions {
  readonly follow?: true;
  readonly tail?: number;
  readonly head?: number;
  readonly reverse?: true;
}

const MOST_PER_PAGE = 1_000;

const EXAMPLES = `
Examples:
  $ sluice flow-run logs brave-otter --tail 20 --follow
  $ sluice flow-run logs 01998c3e-… -o json | jq -r '.[].message'

With --follow, -o json prints one object per line. Ctrl-C stops following, not the run.`;

/** `sluice flow-run logs`. */
export function addFlowRunLogs(group: Command, cli: Cli): void {
  group
    .command("logs")
    .description("print the output of a run")
    .argument("<run>", FLOW_RUN_ARGUMENT)
    .option("-f, --follow", "print lines as they come, until the run has ended")
    .option("-t, --tail <n>", "only the last n lines", wholeNumber(0))
    .addOption(
      new Option("-n, --head <n>", "only the first n lines")
        .argParser(wholeNumber(0))
        .conflicts(["tail", "follow"]),
    )
    .addOption(new Option("-r, --reverse", "the last line first").conflicts("follow"))
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((run: string, options: LogsOptions) => printLogs(cli, run, options));
}

async function printLogs(cli: Cli, reference: string, options: LogsOptions): Promise<void> {
  await cli.connect(async (plane) => {
    const id = await findFlowRunId(plane, reference);
    const { flowRun } = await plane.getFlowRun({ id });
    const name = flowRun?.name ?? id;
    if (options.follow) return followLogs(cli, plane, { id, name }, options);
    if (options.output === "json") {
      const lines = await collectLines(plane, id, options);
      return printJson(cli.out, lines.map(logLineDocument));
    }
    // Whole output goes out page by page, so that any length fits in memory.
    if (options.tail === undefined) return streamLines(cli, plane, { id, name }, options);
    for (const line of await collectLines(plane, id, options))
      cli.out.write(logText(cli.out, line, name));
  });
}

type Fetch = (
  pageSize: number,
  pageToken: string,
) => Promise<{ items: LogLine[]; nextPageToken: string }>;

function pagesOf(plane: ControlPlane, flowRunId: string, descending: boolean): Fetch {
  return async (pageSize, pageToken) => {
    const page = await plane.listFlowRunLogs({ flowRunId, pageSize, pageToken, descending });
    return { items: page.lines, nextPageToken: page.nextPageToken };
  };
}

async function collectLines(
  plane: ControlPlane,
  id: string,
  options: LogsOptions,
): Promise<LogLine[]> {
  const { tail, head = Infinity, reverse = false } = options;
  if (tail === 0 || head === 0) return [];
  if (tail === undefined && (!reverse || head !== Infinity)) {
    const lines = await firstItems(pagesOf(plane, id, false), head, MOST_PER_PAGE);
    return reverse ? lines.reverse() : lines;
  }
  const lines = await firstItems(pagesOf(plane, id, true), tail ?? Infinity, MOST_PER_PAGE);
  return reverse ? lines : lines.reverse();
}

async function streamLines(
  cli: Cli,
  plane: ControlPlane,
  run: { id: string; name: string },
  options: LogsOptions,
): Promise<void> {
  if (options.head !== undefined) {
    const lines = await collectLines(plane, run.id, options);
    return lines.forEach((line) => cli.out.write(logText(cli.out, line, run.name)));
  }
  const fetchPage = pagesOf(plane, run.id, options.reverse ?? false);
  let token = "";
  do {
    const page = await fetchPage(MOST_PER_PAGE, token);
    cli.out.write(page.items.map((line) => logText(cli.out, line, run.name)).join(""));
    await cli.out.drained();
    token = page.nextPageToken;
  } while (token !== "");
}

async function followLogs(
  cli: Cli,
  plane: ControlPlane,
  run: { id: string; name: string },
  options: LogsOptions,
): Promise<void> {
  const print = (line: LogLine): void => {
    if (options.output === "json") cli.out.write(`${JSON.stringify(logLineDocument(line))}\n`);
    else cli.out.write(logText(cli.out, line, run.name));
  };
  let after: LogLine | undefined;
  if (options.tail !== undefined) {
    const lines = await collectLines(plane, run.id, { tail: Math.max(1, options.tail) });
    after = lines.at(-1);
    if (options.tail > 0) lines.forEach(print);
  }
  const never = new AbortController().signal;
  for await (const event of followFlowRun(plane, run.id, {
    includeLogs: true,
    until: never,
    after,
  })) {
    if (event.kind === "connection lost") printWarning(cli.err, `${event.why}; trying again`);
    if (event.kind !== "line") continue;
    print(event.line);
    await cli.out.drained();
  }
  if (plane.interrupted.aborted) throw new InterruptedError();
}
