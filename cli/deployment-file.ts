import { dirname, resolve } from "node:path";
import type { ApplyDeploymentRequest } from "#proto/sluice/v1/deployment_service.ts";
import { AppError } from "#shared/errors.ts";
import { requireName } from "#shared/names.ts";
import { isCollisionStrategy, type LimitFields, limitFields } from "./deployment-limit.ts";
import { quoteWords } from "./shell-words.ts";
import { YamlSource, type Located } from "./yaml-source.ts";

/** The keys a deployment may have. */
export const DEPLOYMENT_KEYS = [
  "flow",
  "name",
  "description",
  "version",
  "tags",
  "work_pool",
  "command",
  "working_dir",
  "env",
  "parameters",
  "parameter_schema",
  "enforce_parameter_schema",
  "retries",
  "retry_delay_seconds",
  "concurrency_limit",
] as const;

const LIMIT_KEYS = ["limit", "collision_strategy", "grace_period_seconds"] as const;

const WORK_POOL_KEYS = ["name", "work_queue", "job_variables"] as const;

/**
 * The deployments of a sluice.yaml. `file` is where it was read: it stands in errors, and relative
 * working folders start at its folder. Throws one CliError with every problem of the file, each
 * with line and column.
 */
export function readDeployments(file: string, text: string): ApplyDeploymentRequest[] {
  const source = new YamlSource(file, text);
  const root = source.root();
  if (source.isNull(root)) {
    source.problem(root, "the file is empty; it must hold a list 'deployments'");
    source.throwProblems();
  }
  const items = itemsOf(source, root);
  const deployments = items.map((item) => readDeployment(source, item, dirname(resolve(file))));
  refuseDuplicates(source, items, deployments);
  source.throwProblems();
  return deployments.filter((deployment) => deployment !== undefined);
}

function itemsOf(source: YamlSource, root: Located): Located[] {
  // Keys that begin with x- are free, for parts that are used by anchor.
  const all = source.members(root);
  if (all === undefined) return [];
  const free = [...all.keys()].filter((key) => key.startsWith("x-"));
  const list = source.members(root, ["deployments", ...free])?.get("deployments");
  if (list === undefined) {
    source.problem(root, "the list 'deployments' is missing");
    return [];
  }
  const items = source.isNull(list) ? [] : (source.list(list) ?? []);
  if (items.length === 0) source.problem(list, "must hold at least one deployment");
  return items;
}

function readDeployment(
  source: YamlSource,
  item: Located,
  folder: string,
): ApplyDeploymentRequest | undefined {
  const members = source.members(item, DEPLOYMENT_KEYS);
  if (members === undefined) return undefined;
  const read = <Value>(
    key: string,
    reader: (value: Located) => Value | undefined,
  ): Value | undefined => {
    const value = members.get(key);
    return value === undefined ? undefined : reader(value);
  };
  const required = (key: string): string => {
    const value = members.get(key);
    if (value !== undefined) return readName(source, value);
    source.problem(item, `'${key}' is missing`);
    return "";
  };

  const flowName = required("flow");
  const name = required("name");
  const pool = readPool(source, item, members.get("work_pool"));
  const command = read("command", (value) => readCommand(source, value));
  const jobVariables = { ...pool.jobVariables };
  if (command !== undefined) {
    if (Object.hasOwn(jobVariables, "command")) {
      source.problem(
        item,
        "'command' stands here and in work_pool.job_variables; one of them must go",
      );
    }
    jobVariables["command"] = command;
  } else if (!members.has("command") && !Object.hasOwn(jobVariables, "command")) {
    source.problem(item, "'command' is missing");
  }
  const workingDir = read("working_dir", (value) => source.text(value));
  if (workingDir !== undefined) jobVariables["working_dir"] = resolve(folder, workingDir);
  const env = read("env", (value) => readEnvironment(source, value));
  if (env !== undefined) jobVariables["env"] = { ...objectOr(jobVariables["env"]), ...env };

  return {
    flowName,
    name,
    description: read("description", (value) => source.text(value)) ?? "",
    version: read("version", (value) => source.text(value, true)) ?? "",
    entrypoint: "",
    parametersJson: JSON.stringify(read("parameters", (value) => readObject(source, value)) ?? {}),
    parameterSchemaJson: JSON.stringify(
      read("parameter_schema", (value) => readObject(source, value)) ?? {},
    ),
    enforceParameterSchema: read("enforce_parameter_schema", (value) => source.flag(value)),
    jobVariablesJson: JSON.stringify(jobVariables),
    pullStepsJson: "",
    tags: read("tags", (value) => readTexts(source, value)) ?? [],
    workPoolName: pool.name,
    workQueueName: pool.workQueue,
    retries: read("retries", (value) => source.number(value, true)) ?? 0,
    retryDelaySeconds: read("retry_delay_seconds", (value) => source.number(value, false)) ?? 0,
    ...readLimit(source, members.get("concurrency_limit")),
  };
}

interface PoolChoice {
  readonly name: string;
  readonly workQueue: string;
  readonly jobVariables: Readonly<Record<string, unknown>>;
}

function readPool(source: YamlSource, item: Located, value: Located | undefined): PoolChoice {
  const none = { name: "", workQueue: "", jobVariables: {} };
  if (value === undefined) {
    source.problem(item, "'work_pool' is missing");
    return none;
  }
  if (!source.isMapping(value)) return { ...none, name: readName(source, value) };
  const members = source.members(value, WORK_POOL_KEYS) ?? new Map<string, Located>();
  const name = members.get("name");
  if (name === undefined) source.problem(value, "'name' is missing");
  const queue = members.get("work_queue");
  const variables = members.get("job_variables");
  return {
    name: name === undefined ? "" : readName(source, name),
    workQueue: queue === undefined ? "" : readName(source, queue),
    jobVariables: variables === undefined ? {} : readObject(source, variables),
  };
}

/** A number, or a mapping that says too what becomes of runs that find no slot. */
function readLimit(source: YamlSource, value: Located | undefined): LimitFields {
  if (value === undefined || source.isNull(value)) return limitFields({});
  const whole = (given: Located | undefined): number | undefined =>
    given === undefined || source.isNull(given) ? undefined : source.number(given, true);
  if (!source.isMapping(value)) return limitFields({ limit: whole(value) });
  const members = source.members(value, LIMIT_KEYS) ?? new Map<string, Located>();
  const limit = members.get("limit");
  if (limit === undefined) source.problem(value, "'limit' is missing");
  const given = members.get("collision_strategy");
  const strategy = given === undefined ? undefined : source.text(given);
  if (given !== undefined && strategy !== undefined && !isCollisionStrategy(strategy)) {
    source.problem(given, `must be ENQUEUE or CANCEL_NEW, not '${strategy}'`);
  }
  return limitFields({
    limit: whole(limit),
    strategy: strategy !== undefined && isCollisionStrategy(strategy) ? strategy : undefined,
    gracePeriodSeconds: whole(members.get("grace_period_seconds")),
  });
}

function readName(source: YamlSource, value: Located): string {
  const name = source.text(value);
  if (name === undefined) return "";
  try {
    requireName("name", name);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    source.problem(value, error.violations[0]?.description ?? error.message);
  }
  return name;
}

function readCommand(source: YamlSource, value: Located): string | undefined {
  const command = source.isList(value)
    ? quoteWords((source.list(value) ?? []).map((word) => source.text(word, true) ?? ""))
    : source.text(value);
  if (command?.trim() === "") source.problem(value, "is empty");
  return command;
}

function readTexts(source: YamlSource, value: Located): string[] {
  return (source.list(value) ?? []).map((item) => source.text(item, true) ?? "");
}

/** Variables of a process: text as it is written; null removes one that the pool sets. */
function readEnvironment(source: YamlSource, value: Located): Record<string, string | null> {
  const env: Record<string, string | null> = {};
  for (const [key, member] of source.members(value) ?? []) {
    if (key === "" || key.includes("=")) source.problem(member, "is not a name of a variable");
    env[key] = source.isNull(member) ? null : (source.text(member, true) ?? "");
  }
  return env;
}

function readObject(source: YamlSource, value: Located): Record<string, unknown> {
  if (source.members(value) === undefined) return {};
  return objectOr(source.json(value));
}

function objectOr(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function refuseDuplicates(
  source: YamlSource,
  items: readonly Located[],
  deployments: readonly (ApplyDeploymentRequest | undefined)[],
): void {
  const seen = new Map<string, string>();
  for (const [index, deployment] of deployments.entries()) {
    const item = items[index];
    if (deployment === undefined || item === undefined || deployment.name === "") continue;
    const name = `${deployment.flowName}/${deployment.name}`;
    const first = seen.get(name);
    if (first === undefined) seen.set(name, item.path);
    else source.problem(item, `'${name}' is already ${first}`);
  }
}
