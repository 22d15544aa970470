import { type Command, Option } from "commander";
import type { ApplyDeploymentRequest } from "#proto/sluice/v1/deployment_service.ts";
import type { Cli } from "#cli/cli.ts";
import { CliError, usageError } from "#cli/cli-error.ts";
import type { ControlPlane } from "#cli/control-plane.ts";
import { deploymentOfFlags, givenFlags, type DeploymentFlags } from "#cli/deployment-flags.ts";
import { COLLISION_STRATEGIES } from "#cli/deployment-limit.ts";
import { collisionStrategy, deploymentDocument, type Document } from "#cli/documents.ts";
import {
  collectJson,
  collectText,
  collectWords,
  jsonOrText,
  notNegative,
  wholeNumber,
} from "#cli/key-value.ts";
import {
  jsonText,
  outputOption,
  printDetails,
  printHeading,
  printJson,
  printNote,
  printSuccess,
  printWarning,
  type OutputOptions,
} from "#cli/print.ts";
import { quoteWords } from "#cli/shell-words.ts";
import { nearest } from "#cli/suggestion.ts";

interface DeployOptions extends OutputOptions, DeploymentFlags {
  readonly dryRun?: true;
}

const DEFAULT_FILES = ["sluice.yaml", "sluice.yml"];

const EXAMPLES = `
Examples:
  $ sluice deploy                                   # every deployment of ./sluice.yaml
  $ sluice deploy flows/sluice.yaml --name word-count/nightly
  $ sluice deploy --dry-run
  $ sluice deploy --name hello/world --pool local --command 'echo "$SLUICE_PARAMETERS"' --param who=you

docs/deploying.md describes the file.`;

/** `sluice deploy`. */
export function addDeploy(program: Command, cli: Cli): void {
  program
    .command("deploy")
    .description("create or replace deployments, from a file or from flags")
    .argument("[file]", "a sluice.yaml (./sluice.yaml, else ./sluice.yml)")
    .option(
      "-n, --name <name>",
      "with a file: only this one (NAME or FLOW/NAME; repeatable); with --command: FLOW/NAME",
      collectWords,
    )
    .option("--dry-run", "print what would be applied, and do nothing")
    .option("--command <command>", "a shell command: makes a deployment from flags")
    .option("-p, --pool <name>", "with --command: the work pool")
    .option("-q, --work-queue <name>", "with --command: the queue within the pool")
    .option("--param <key=value>", "with --command: a default parameter; repeatable", collectJson)
    .option("--tag <tag>", "with --command: a label; repeatable", collectWords)
    .option("--job-variable <key=value>", "with --command: a job variable; repeatable", collectJson)
    .option(
      "--env <KEY=value>",
      "with --command: a variable of the process; repeatable",
      collectText,
    )
    .option("--working-dir <dir>", "with --command: where the command runs")
    .option(
      "--retries <n>",
      "with --command: how often a failed attempt is tried again",
      wholeNumber(0),
    )
    .option("--retry-delay <seconds>", "with --command: time between attempts", notNegative)
    .option("--concurrency-limit <n>", "with --command: most of its runs at once", wholeNumber(1))
    .addOption(
      new Option(
        "--collision-strategy <strategy>",
        "with --command: what becomes of runs that find it full (ENQUEUE)",
      ).choices([...COLLISION_STRATEGIES]),
    )
    .option(
      "--grace-period <seconds>",
      "with --command: how long a slot waits for the engine to renew it",
      wholeNumber(60, 86_400),
    )
    .option("--description <text>", "with --command: for people")
    .option("--version <text>", "with --command: for people")
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((file: string | undefined, options: DeployOptions) => deploy(cli, file, options));
}

async function deploy(cli: Cli, file: string | undefined, options: DeployOptions): Promise<void> {
  const requests = await requestsOf(file, options);
  if (options.dryRun) return printRequests(cli, requests, options);
  const applied: Document[] = [];
  await cli.connect(async (plane) => {
    const idle = await poolsWithoutAgents(plane, requests);
    for (const request of requests) {
      applied.push(await apply(cli, plane, request, applied.length, options));
    }
    if (options.output === "json") return printJson(cli.out, applied);
    for (const pool of idle)
      printWarning(
        cli.err,
        `no agent is online in '${pool}'; start one with: agent --pool ${quoteWords([pool])}`,
      );
    const [first] = requests;
    if (first !== undefined) {
      printNote(
        cli.out,
        `Run it with: sluice deployment run ${quoteWords([`${first.flowName}/${first.name}`])} --watch`,
      );
    }
  });
}

async function requestsOf(
  file: string | undefined,
  options: DeployOptions,
): Promise<ApplyDeploymentRequest[]> {
  const flags = givenFlags(options);
  if (options.command !== undefined) {
    if (file !== undefined)
      throw usageError(
        `--command makes a deployment from flags; '${file}' cannot be given with it`,
      );
    return [deploymentOfFlags(options)];
  }
  if (flags.length > 0) {
    throw usageError(
      `${flags.join(", ")}: only with --command`,
      "Either a file describes the deployments, or --name, --pool and --command do.",
    );
  }
  const { readDeployments } = await import("#cli/deployment-file.ts");
  const { path, text } = await readFile(file);
  return select(readDeployments(path, text), options.name, path);
}

async function readFile(given: string | undefined): Promise<{ path: string; text: string }> {
  for (const path of given === undefined ? DEFAULT_FILES : [given]) {
    try {
      return { path, text: await Bun.file(path).text() };
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (missing && given === undefined) continue;
      const why = error instanceof Error ? error.message : String(error);
      throw usageError(`${path}: ${missing ? "there is no such file" : `cannot be read: ${why}`}`);
    }
  }
  throw usageError(
    `there is no ${DEFAULT_FILES.join(" and no ")} here`,
    "Name a file, or describe a deployment with --name, --pool and --command.",
  );
}

function select(
  requests: ApplyDeploymentRequest[],
  names: readonly string[] | undefined,
  path: string,
): ApplyDeploymentRequest[] {
  if (names === undefined) return requests;
  const known = requests.map((request) => `${request.flowName}/${request.name}`);
  for (const name of names) {
    if (requests.some((request) => isNamed(request, name))) continue;
    const meant = nearest(name, [...known, ...requests.map((request) => request.name)]);
    throw usageError(
      `--name: ${path} has no deployment '${name}'${meant === undefined ? "" : `; did you mean '${meant}'?`}`,
      `It has: ${known.join(", ")}`,
    );
  }
  return requests.filter((request) => names.some((name) => isNamed(request, name)));
}

function isNamed(request: ApplyDeploymentRequest, name: string): boolean {
  return name === request.name || name === `${request.flowName}/${request.name}`;
}

/** Makes sure that every pool exists before the first deployment is applied. */
async function poolsWithoutAgents(
  plane: ControlPlane,
  requests: readonly ApplyDeploymentRequest[],
): Promise<string[]> {
  const idle: string[] = [];
  for (const name of new Set(requests.map((request) => request.workPoolName))) {
    const { workPool } = await plane.getWorkPool({ name });
    if (workPool?.agentsOnline === 0) idle.push(name);
  }
  return idle;
}

async function apply(
  cli: Cli,
  plane: ControlPlane,
  request: ApplyDeploymentRequest,
  before: number,
  options: DeployOptions,
): Promise<Document> {
  const name = `${request.flowName}/${request.name}`;
  try {
    const { deployment, created } = await plane.applyDeployment(request);
    if (options.output !== "json")
      printSuccess(cli.out, `${created ? "Created" : "Updated"} deployment '${name}'.`);
    return deployment === undefined ? {} : { ...deploymentDocument(deployment), created };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const done =
      before === 0
        ? "Nothing was applied."
        : `The ${before} before it ${before === 1 ? "is" : "are"} applied.`;
    throw new CliError(`${name}: ${error.message}`, {
      hints: [...error.hints, done],
      exitCode: error.exitCode,
      cause: error,
    });
  }
}

function printRequests(
  cli: Cli,
  requests: readonly ApplyDeploymentRequest[],
  options: OutputOptions,
): void {
  if (options.output === "json") return printJson(cli.out, requests.map(requestDocument));
  for (const request of requests) {
    printHeading(cli.out, `${request.flowName}/${request.name}`);
    const entries = Object.entries(requestDocument(request)).filter(
      ([, value]) => value !== "" && value !== undefined,
    );
    printDetails(
      cli.out,
      entries.map(([key, value]) => [key, typeof value === "string" ? value : jsonText(value)]),
    );
  }
  printNote(cli.out, "\nNothing was applied.");
}

function requestDocument(request: ApplyDeploymentRequest): Document {
  return {
    flow_name: request.flowName,
    name: request.name,
    description: request.description,
    version: request.version,
    work_pool: request.workPoolName,
    work_queue: request.workQueueName,
    tags: request.tags,
    job_variables: jsonOrText(request.jobVariablesJson),
    parameters: jsonOrText(request.parametersJson),
    parameter_schema: jsonOrText(request.parameterSchemaJson),
    enforce_parameter_schema: request.enforceParameterSchema ?? true,
    retries: request.retries,
    retry_delay_seconds: request.retryDelaySeconds,
    concurrency_limit: request.concurrencyLimit,
    ...(request.concurrencyLimit === undefined
      ? {}
      : {
          collision_strategy: collisionStrategy(request.collisionStrategy),
          grace_period_seconds: request.gracePeriodSeconds,
        }),
  };
}
