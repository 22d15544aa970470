import { resolve } from "node:path";
import type { ApplyDeploymentRequest } from "#proto/sluice/v1/deployment_service.ts";
import { requireName } from "#shared/names.ts";
import { usageError } from "./cli-error.ts";
import { type CollisionStrategyName, limitFields } from "./deployment-limit.ts";
import { isJsonObject } from "./json-text.ts";

/** The flags of `sluice deploy` that describe a deployment. */
export interface DeploymentFlags {
  readonly name?: readonly string[];
  readonly command?: string;
  readonly pool?: string;
  readonly workQueue?: string;
  readonly param?: ReadonlyMap<string, unknown>;
  readonly tag?: readonly string[];
  readonly jobVariable?: ReadonlyMap<string, unknown>;
  readonly env?: ReadonlyMap<string, string>;
  readonly workingDir?: string;
  readonly retries?: number;
  readonly retryDelay?: number;
  readonly concurrencyLimit?: number;
  readonly collisionStrategy?: CollisionStrategyName;
  readonly gracePeriod?: number;
  readonly description?: string;
  readonly version?: string;
}

const FLAGS = {
  pool: "--pool",
  workQueue: "--work-queue",
  param: "--param",
  tag: "--tag",
  jobVariable: "--job-variable",
  env: "--env",
  workingDir: "--working-dir",
  retries: "--retries",
  retryDelay: "--retry-delay",
  concurrencyLimit: "--concurrency-limit",
  collisionStrategy: "--collision-strategy",
  gracePeriod: "--grace-period",
  description: "--description",
  version: "--version",
} as const satisfies Record<Exclude<keyof DeploymentFlags, "name" | "command">, string>;

/** The flags that were given and only make sense without a file. */
export function givenFlags(options: DeploymentFlags): string[] {
  return Object.entries(FLAGS)
    .filter(([key]) =>
      Object.entries(options).some(([given, value]) => given === key && value !== undefined),
    )
    .map(([, flag]) => flag);
}

/** The deployment that flags describe. Throws a CliError that names the flag that is wrong. */
export function deploymentOfFlags(flags: DeploymentFlags): ApplyDeploymentRequest {
  const [fullName, ...others] = flags.name ?? [];
  const parts = (fullName ?? "").split("/");
  const [flowName = "", name = ""] = parts;
  if (others.length > 0 || parts.length !== 2 || flowName === "" || name === "") {
    throw usageError("--name: with --command, one name of the form FLOW/DEPLOYMENT is needed");
  }
  requireName("--name", flowName);
  requireName("--name", name);
  if (flags.pool === undefined)
    throw usageError("--pool: with --command, the name of a work pool is needed");
  if (!flags.command?.trim()) throw usageError("--command: is empty");
  const jobVariables: Record<string, unknown> = Object.fromEntries(flags.jobVariable ?? []);
  if (Object.hasOwn(jobVariables, "command")) {
    throw usageError("--job-variable: 'command' is given by --command already");
  }
  jobVariables["command"] = flags.command;
  if (flags.workingDir !== undefined) jobVariables["working_dir"] = resolve(flags.workingDir);
  if (flags.env !== undefined) {
    const others = jobVariables["env"];
    jobVariables["env"] = {
      ...(isJsonObject(others) ? others : {}),
      ...Object.fromEntries(flags.env),
    };
  }
  return {
    flowName,
    name,
    description: flags.description ?? "",
    version: flags.version ?? "",
    entrypoint: "",
    parametersJson: JSON.stringify(Object.fromEntries(flags.param ?? [])),
    parameterSchemaJson: "{}",
    enforceParameterSchema: undefined,
    jobVariablesJson: JSON.stringify(jobVariables),
    pullStepsJson: "",
    tags: [...(flags.tag ?? [])],
    workPoolName: flags.pool,
    workQueueName: flags.workQueue ?? "",
    retries: flags.retries ?? 0,
    retryDelaySeconds: flags.retryDelay ?? 0,
    ...limitFields({
      limit: flags.concurrencyLimit,
      strategy: flags.collisionStrategy,
      gracePeriodSeconds: flags.gracePeriod,
    }),
  };
}
