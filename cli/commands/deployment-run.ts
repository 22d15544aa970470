import { Option, type Command } from "commander";
import type { FlowRun } from "#proto/sluice/v1/flow_run.ts";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { flowRunDocument } from "#cli/documents.ts";
import { parseJsonObject, type JsonObject } from "#cli/json-text.ts";
import { collectJson, collectWords, jsonOrText, notNegative } from "#cli/key-value.ts";
import {
  jsonText,
  outputOption,
  printDetails,
  printJson,
  printNote,
  printSuccess,
  printWarning,
  type OutputOptions,
} from "#cli/print.ts";
import { watchFlowRun } from "#cli/watch-flow-run.ts";
import { localTime, parseSpan, parseTime, relativeTime } from "#cli/time-text.ts";

interface RunOptions extends OutputOptions {
  readonly param?: ReadonlyMap<string, unknown>;
  readonly params?: string;
  readonly jobVariable?: ReadonlyMap<string, unknown>;
  readonly tag?: readonly string[];
  readonly name?: string;
  readonly startIn?: number;
  readonly startAt?: Date;
  readonly idempotencyKey?: string;
  readonly workQueue?: string;
  readonly watch?: true;
  readonly watchTimeout?: number;
}

const EXAMPLES = `
Examples:
  $ sluice deployment run word-count/nightly --watch
  $ sluice deployment run word-count/nightly --param top=5 --param words='["a","b"]'
  $ echo '{"top": 5}' | sluice deployment run word-count/nightly --params -
  $ sluice deployment run word-count/nightly --start-in 1h30m --idempotency-key 2030-01-31

Values of --param and --job-variable are JSON where they are JSON, and text otherwise.
With --watch the exit code is 0 if the run is COMPLETED, and 1 if it is FAILED, CRASHED or CANCELLED.`;

/** `sluice deployment run`. */
export function addDeploymentRun(group: Command, cli: Cli): void {
  group
    .command("run")
    .description("create a run of a deployment")
    .argument("<deployment>", "its id, or FLOW/NAME")
    .option("--param <key=value>", "a parameter; repeatable; wins over --params", collectJson)
    .option("--params <json>", "parameters, a JSON object; -: from standard input")
    .option("--job-variable <key=value>", "a job variable; repeatable", collectJson)
    .option("--tag <tag>", "a label; repeatable", collectWords)
    .option("--name <name>", "name of the run; two words are chosen otherwise")
    .addOption(
      new Option("--start-in <span>", "when it is due: 90s, 5m, 1h30m").argParser(parseSpan),
    )
    .addOption(
      new Option(
        "--start-at <time>",
        "when it is due: 2030-01-31T09:00, local time unless it has a zone",
      )
        .argParser(parseTime)
        .conflicts("startIn"),
    )
    .option("--idempotency-key <key>", "with a key the flow has seen, returns the run of that time")
    .option("-q, --work-queue <name>", "another queue of the deployment's pool")
    .option("--watch", "show its states and output until it ends")
    .option("--watch-timeout <seconds>", "stop watching after so long", notNegative)
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((deployment: string, options: RunOptions) => runDeployment(cli, deployment, options));
}

async function runDeployment(cli: Cli, deployment: string, options: RunOptions): Promise<void> {
  const parameters = await readParameters(cli, options);
  const scheduledTime =
    options.startIn === undefined
      ? options.startAt
      : new Date(cli.surroundings.now() + options.startIn);
  await cli.connect(async (plane) => {
    const {
      flowRun: run,
      created,
      warnings,
    } = await plane.createFlowRun({
      deployment,
      name: options.name ?? "",
      parametersJson: JSON.stringify(parameters),
      jobVariablesJson:
        options.jobVariable === undefined
          ? ""
          : JSON.stringify(Object.fromEntries(options.jobVariable)),
      tags: [...(options.tag ?? [])],
      idempotencyKey: options.idempotencyKey ?? "",
      scheduledTime,
      workQueueName: options.workQueue ?? "",
    });
    if (run === undefined) throw new CliError("the control plane sent no flow run");
    for (const warning of warnings) printWarning(cli.err, warning);
    const watch = options.watch === true || options.watchTimeout !== undefined;
    if (options.output !== "json") printRun(cli, run, created, watch);
    else if (!watch) printJson(cli.out, { ...flowRunDocument(run), created });
    if (!watch) return;
    await watchFlowRun(cli, plane, run.id, { timeoutSeconds: options.watchTimeout, ...options });
  });
}

async function readParameters(cli: Cli, options: RunOptions): Promise<JsonObject> {
  const single = Object.fromEntries(options.param ?? []);
  if (options.params === undefined) return single;
  const text = options.params === "-" ? await cli.surroundings.readInput() : options.params;
  const all = parseJsonObject(
    text,
    options.params === "-" ? "--params (standard input)" : "--params",
  );
  const twice = Object.keys(single).filter((key) => Object.hasOwn(all, key));
  if (twice.length > 0)
    printWarning(cli.err, `--param wins over --params for: ${twice.join(", ")}`);
  return { ...all, ...single };
}

function printRun(cli: Cli, run: FlowRun, created: boolean, watched: boolean): void {
  const { out } = cli;
  if (created) printSuccess(out, `Created flow run '${run.name}'.`);
  else printSuccess(out, `Flow run '${run.name}' has this idempotency key; nothing was created.`);
  const due = run.expectedStartTime;
  printDetails(out, [
    ["id", run.id],
    ["deployment", run.deploymentName],
    ["parameters", jsonText(jsonOrText(run.parametersJson || "{}"))],
    ["job variables", jsonText(jsonOrText(run.jobVariablesJson || "{}"))],
    ["due", `${localTime(due)} (${relativeTime(due, cli.surroundings.now())})`],
  ]);
  if (watched) out.write("\n");
  else printNote(out, `Watch it with: sluice flow-run watch ${run.id}`);
}
