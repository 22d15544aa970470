import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { agentDocument } from "#cli/documents.ts";
import { firstItems } from "#cli/pages.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";
import { relativeTime } from "#cli/time-text.ts";

interface ListOptions extends OutputOptions {
  readonly pool?: string;
}

/** `sluice agent ls`. */
export function addAgentCommands(program: Command, cli: Cli): void {
  const group = program.command("agent").alias("agents").description("see the agents");
  group
    .command("ls")
    .description("list agents, those seen last first")
    .option("-p, --pool <name>", "only agents of this work pool")
    .addOption(outputOption())
    .action((options: ListOptions) => listAgents(cli, options));
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
