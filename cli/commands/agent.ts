import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { agentDocument } from "#cli/documents.ts";
import { firstItems } from "#cli/pages.ts";
import {
  outputOption,
  printJson,
  printNote,
  printSuccess,
  printTable,
  type OutputOptions,
} from "#cli/print.ts";
import { relativeTime } from "#cli/time-text.ts";

interface ListOptions extends OutputOptions {
  readonly pool?: string;
}

interface DeleteOptions extends OutputOptions {
  readonly pool: string;
}

/** `sluice agent …`. */
export function addAgentCommands(program: Command, cli: Cli): void {
  const group = program.command("agent").alias("agents").description("see the agents");
  group
    .command("ls")
    .description("list agents, those seen last first")
    .option("-p, --pool <name>", "only agents of this work pool")
    .addOption(outputOption())
    .action((options: ListOptions) => listAgents(cli, options));
  group
    .command("delete")
    .description("forget an agent that is offline and holds nothing, or a Prefect worker")
    .argument("<name>")
    .requiredOption("-p, --pool <name>", "the work pool it serves")
    .addOption(outputOption())
    .action((name: string, options: DeleteOptions) => deleteAgent(cli, name, options));
}

async function deleteAgent(cli: Cli, name: string, options: DeleteOptions): Promise<void> {
  await cli.connect((plane) => plane.deleteAgent({ workPoolName: options.pool, name }));
  if (options.output === "json") return printJson(cli.out, { deleted: name });
  printSuccess(cli.out, `Forgot agent '${name}'.`);
}

async function listAgents(cli: Cli, options: ListOptions): Promise<void> {
  const agents = await cli.connect((plane) =>
    firstItems(async (pageSize, pageToken) => {
      const page = await plane.listAgents({
        workPoolName: options.pool ?? "",
        pageSize,
        pageToken,
      });
      return { items: page.agents, nextPageToken: page.nextPageToken };
    }),
  );
  if (options.output === "json") return printJson(cli.out, agents.map(agentDocument));
  if (agents.length === 0)
    return printNote(cli.out, "No agents. Start one with: agent --pool NAME");
  const { out } = cli;
  const now = cli.surroundings.now();
  printTable(
    out,
    [
      { title: "NAME", flexible: true },
      { title: "POOL", flexible: true },
      { title: "TYPE" },
      { title: "STATUS" },
      { title: "SLOTS", align: "right" },
      { title: "QUEUES", flexible: true },
      { title: "HOST", flexible: true },
      { title: "VERSION" },
      { title: "LAST SEEN" },
    ],
    agents.map((agent) => {
      const online = agent.status === "AGENT_STATUS_ONLINE";
      return [
        agent.name,
        agent.workPoolName,
        agent.type,
        {
          text: online ? "online" : "offline",
          paint: online ? out.colours.green : out.colours.gray,
        },
        `${agent.slotsHeld}/${agent.limit ?? "∞"}`,
        agent.workQueueNames.join(", ") || "all",
        agent.hostname,
        agent.version,
        relativeTime(agent.lastSeenAt, now),
      ];
    }),
  );
}
