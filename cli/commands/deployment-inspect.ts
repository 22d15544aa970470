import type { Command } from "commander";
import type { Deployment } from "#proto/sluice/v1/deployment_service.ts";
import type { Cli } from "#cli/cli.ts";
import { CliError } from "#cli/cli-error.ts";
import { collisionStrategy, deploymentDocument } from "#cli/documents.ts";
import { jsonText, outputOption, printDetails, printJson, type OutputOptions } from "#cli/print.ts";
import { localTime } from "#cli/time-text.ts";

/** `sluice deployment inspect`. */
export function addDeploymentInspect(group: Command, cli: Cli): void {
  group
    .command("inspect")
    .description("show all about a deployment")
    .argument("<deployment>", "its id, or FLOW/NAME")
    .addOption(outputOption())
    .action((idOrName: string, options: OutputOptions) =>
      inspectDeployment(cli, idOrName, options),
    );
}

async function inspectDeployment(
  cli: Cli,
  idOrName: string,
  options: OutputOptions,
): Promise<void> {
  const { deployment } = await cli.connect((plane) => plane.getDeployment({ idOrName }));
  if (deployment === undefined)
    throw new CliError(`the control plane sent no deployment '${idOrName}'`);
  const document = deploymentDocument(deployment);
  if (options.output === "json") return printJson(cli.out, document);
  printDetails(cli.out, [
    ["name", `${deployment.flowName}/${deployment.name}`],
    ["id", deployment.id],
    ["description", deployment.description],
    ["version", deployment.version],
    ["work pool", deployment.workPoolName || "(none: its runs are never taken)"],
    ["work queue", deployment.workQueueName],
    ["tags", deployment.tags.join(", ")],
    ["entrypoint", deployment.entrypoint],
    ["job variables", jsonText(document["job_variables"])],
    ["parameters", jsonText(document["parameters"])],
    ["schema", jsonText(document["parameter_schema"])],
    ["schema enforced", deployment.enforceParameterSchema ? "yes" : "no"],
    ["pull steps", document["pull_steps"] === null ? "" : jsonText(document["pull_steps"])],
    ["retries", `${deployment.retries}, ${deployment.retryDelaySeconds} s apart`],
    ["at most at once", limitText(deployment)],
    ["created", localTime(deployment.createdAt)],
    ["applied", localTime(deployment.updatedAt)],
  ]);
}

/** The limit with what is taken of it, and what becomes of runs beyond it; empty: there is none. */
function limitText(deployment: Deployment): string {
  const { concurrencyLimit: limit, slotsHeld, concurrencyLimitName: name } = deployment;
  if (limit === undefined) return "";
  const strategy = collisionStrategy(deployment.collisionStrategy);
  const grace = deployment.gracePeriodSeconds;
  return [
    `${limit} (${slotsHeld} held)`,
    strategy,
    ...(grace === undefined ? [] : [`${grace} s grace`]),
    ...(name === `deployment:${deployment.id}` ? [] : [`limit '${name}'`]),
  ].join(", ");
}
