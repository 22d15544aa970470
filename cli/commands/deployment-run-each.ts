import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { CreateFlowRunResult } from "#proto/sluice/v1/flow_run_service.ts";
import type { Cli } from "#cli/cli.ts";
import { CliError, usageError } from "#cli/cli-error.ts";
import { parseJsonObject, type JsonObject } from "#cli/json-text.ts";
import { collectJson, collectWords } from "#cli/key-value.ts";
import {
  outputOption,
  printJson,
  printNote,
  printSuccess,
  type OutputOptions,
} from "#cli/print.ts";
import { messageOf } from "#shared/errors.ts";

interface RunEachOptions extends OutputOptions {
  readonly jobVariable?: ReadonlyMap<string, unknown>;
  readonly tag?: readonly string[];
  readonly idempotencyKey?: string;
  readonly workQueue?: string;
}

/** Most runs that the control plane creates in a call. */
const AT_ONCE = 100;

/** Refused lines that are printed; the rest is counted. */
const SHOWN = 10;

const EXAMPLES = `
Examples:
  $ sluice deployment run-each resize/images sizes.jsonl
  $ printf '{"n":%d}\\n' 1 2 3 | sluice deployment run-each count/one - --idempotency-key today

Each line of the file is a JSON object: the parameters of one run. Empty lines are left out. With
--idempotency-key KEY a line's own key is KEY/LINE, so that repeating the command creates nothing twice.
The exit code is 1 if a line was refused; the others are created all the same.`;

/** A line of the file and the parameters on it. */
interface Line {
  readonly line: number;
  readonly parameters: JsonObject;
}

/** `sluice deployment run-each`. */
export function addDeploymentRunEach(group: Command, cli: Cli): void {
  group
    .command("run-each")
    .description("create a run for each line of a file of parameters")
    .argument("<deployment>", "its id, or FLOW/NAME")
    .argument("<file>", "a JSON object on each line; -: standard input")
    .option("--job-variable <key=value>", "a job variable of all; repeatable", collectJson)
    .option("--tag <tag>", "a label of all; repeatable", collectWords)
    .option("--idempotency-key <key>", "the line's number is added to it")
    .option("-q, --work-queue <name>", "another queue of the deployment's pool")
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((deployment: string, file: string, options: RunEachOptions) =>
      runEach(cli, deployment, file, options),
    );
}

async function runEach(
  cli: Cli,
  deployment: string,
  file: string,
  options: RunEachOptions,
): Promise<void> {
  // All lines are read before the first run is created: a file with a mistake creates nothing.
  const lines = await readLines(cli, file);
  const results: (CreateFlowRunResult & Line)[] = [];
  await cli.connect(async (plane) => {
    for (let from = 0; from < lines.length; from += AT_ONCE) {
      const batch = lines.slice(from, from + AT_ONCE);
      const answer = await plane.createFlowRuns({
        requests: batch.map(({ line, parameters }) => ({
          deployment,
          name: "",
          parametersJson: JSON.stringify(parameters),
          jobVariablesJson: JSON.stringify(Object.fromEntries(options.jobVariable ?? [])),
          tags: [...(options.tag ?? [])],
          idempotencyKey:
            options.idempotencyKey === undefined ? "" : `${options.idempotencyKey}/${line}`,
          scheduledTime: undefined,
          workQueueName: options.workQueue ?? "",
        })),
      });
      answer.results.forEach((result, index) => {
        const line = batch[index];
        if (line !== undefined) results.push({ ...result, ...line });
      });
    }
  });
  if (options.output === "json") printJson(cli.out, results.map(resultDocument));
  else printSummary(cli, results);
  const refused = results.filter(({ outcome }) => outcome?.$case === "refused");
  if (refused.length === 0) return;
  const hints = refused.slice(0, SHOWN).map(({ line, outcome }) => {
    return `line ${line}: ${outcome?.$case === "refused" ? outcome.value.message : ""}`;
  });
  if (refused.length > SHOWN) hints.push(`and ${refused.length - SHOWN} more`);
  throw new CliError(`${refused.length} of ${results.length} lines were refused`, { hints });
}

async function readLines(cli: Cli, file: string): Promise<Line[]> {
  const name = file === "-" ? "standard input" : file;
  let text: string;
  try {
    text = file === "-" ? await cli.surroundings.readInput() : readFileSync(file, "utf8");
  } catch (error) {
    throw usageError(`${name} cannot be read: ${messageOf(error)}`);
  }
  const lines = text.split("\n").flatMap((content, index) => {
    const line = index + 1;
    if (content.trim() === "") return [];
    return [{ line, parameters: parseJsonObject(content, `${name}, line ${line}`) }];
  });
  if (lines.length === 0) throw usageError(`${name} has no line; write a JSON object on each`);
  return lines;
}

function resultDocument({ line, outcome }: CreateFlowRunResult & Line): JsonObject {
  if (outcome?.$case === "created") {
    const { flowRunId, created } = outcome.value;
    return { line, id: flowRunId, created, error: null };
  }
  return { line, id: null, created: false, error: outcome?.value.message ?? "" };
}

function printSummary(cli: Cli, results: readonly CreateFlowRunResult[]): void {
  const created = results.flatMap(({ outcome }) =>
    outcome?.$case === "created" ? [outcome.value] : [],
  );
  const fresh = created.filter((run) => run.created).length;
  const runs = (count: number): string => (count === 1 ? "1 flow run" : `${count} flow runs`);
  printSuccess(cli.out, `Created ${runs(fresh)}.`);
  if (created.length > fresh) {
    printNote(cli.out, `${runs(created.length - fresh)} had their idempotency key already.`);
  }
  for (const warning of new Set(created.flatMap(({ warnings }) => warnings))) {
    printNote(cli.out, warning);
  }
}
