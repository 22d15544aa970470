import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { deploymentDocument } from "#cli/documents.ts";
import { firstItems } from "#cli/pages.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";
import { relativeTime } from "#cli/time-text.ts";

interface ListOptions extends OutputOptions {
  readonly flowName?: string;
  readonly pool?: string;
}

/** `sluice deployment ls`. */
export function addDeploymentLs(group: Command, cli: Cli): void {
  group
    .command("ls")
    .description("list deployments by flow and name")
    .option("--flow-name <name>", "only those of this flow")
    .option("-p, --pool <name>", "only those of this work pool")
    .addOption(outputOption())
    .action((options: ListOptions) => listDeployments(cli, options));
}

async function listDeployments(cli: Cli, options: ListOptions): Promise<void> {
  const deployments = await cli.connect((plane) =>
    firstItems(async (pageSize, pageToken) => {
      const page = await plane.listDeployments({
        flowName: options.flowName ?? "",
        workPoolName: options.pool ?? "",
        pageSize,
        pageToken,
      });
      return { items: page.deployments, nextPageToken: page.nextPageToken };
    }),
  );
  if (options.output === "json") return printJson(cli.out, deployments.map(deploymentDocument));
  if (deployments.length === 0)
    return printNote(cli.out, "No deployments. Make one with: sluice deploy");
  const now = cli.surroundings.now();
  printTable(
    cli.out,
    [
      { title: "NAME", flexible: true },
      { title: "POOL", flexible: true },
      { title: "QUEUE", flexible: true },
      { title: "TAGS", flexible: true },
      { title: "APPLIED" },
      { title: "ID" },
    ],
    deployments.map((deployment) => [
      { text: `${deployment.flowName}/${deployment.name}`, paint: cli.out.colours.green },
      deployment.workPoolName || "(none)",
      deployment.workQueueName,
      deployment.tags.join(", "),
      relativeTime(deployment.updatedAt, now),
      { text: deployment.id, paint: cli.out.colours.cyan },
    ]),
  );
}
