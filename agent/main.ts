import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { Command, CommanderError, Option } from "commander";
import { invalidField, messageOf } from "#shared/errors.ts";
import { armFailpoints } from "#shared/failpoints.ts";
import { createLogger, type Logger, type LogLevel } from "#shared/logger.ts";
import {
  errorLine,
  EXIT_ERROR,
  EXIT_USAGE,
  exitCodeFor,
  usageErrorText,
  usageHint,
} from "#shared/program-errors.ts";
import type { Setting } from "#shared/settings.ts";
import { VERSION } from "#shared/version.ts";
import {
  AGENT_SETTINGS,
  type AgentSettings,
  agentsDirectory,
  readAgentSettings,
  readUrl,
} from "./config.ts";
import { type AgentOptions, type RunningAgent, startAgent } from "./compose.ts";

const EXIT_OK = 0;

const HELP = `
Examples:
  agent --pool default                      take all runs of the pool
  agent --pool default --limit 4            at most four at the same time
  agent --pool etl --work-queue nightly     only those of one queue
  agent --pool default --run-once           what can start now, then exit

Environment:
${environmentHelp()}

Signals: the first SIGINT or SIGTERM lets running runs finish and gives back the rest, the second
stops them with their grace, the third kills them.

Exit codes: 0 ended in order, 1 refused by the control plane or unable to work, 2 wrong usage.
`;

function environmentHelp(): string {
  const settings: Setting[] = Object.values(AGENT_SETTINGS);
  return settings
    .filter(({ flag }) => flag === undefined)
    .map(({ env, help }) => `  ${env.padEnd(22)}${help}`)
    .join("\n");
}

function buildCommand(onStart: (flags: Record<string, unknown>) => Promise<void>): Command {
  const program = new Command("agent")
    .description("Takes flow runs from a work pool and runs them on this host.")
    .version(VERSION, "-v, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .showHelpAfterError(usageHint("agent"))
    .configureOutput({ outputError: (text, write) => write(usageErrorText(text)) })
    .addHelpText("after", HELP)
    .exitOverride();
  const settings: [string, Setting][] = Object.entries(AGENT_SETTINGS);
  for (const [name, setting] of settings) {
    if (setting.flag === undefined) continue;
    const value = setting.placeholder === undefined ? "" : ` <${setting.placeholder}>`;
    const option = new Option(`--${setting.flag}${value}`, `${setting.help} [${setting.env}]`);
    option.attributeName = () => name;
    if (setting.kind === "list") {
      option.argParser((item: string, before: string[] | undefined) => [...(before ?? []), item]);
    }
    program.addOption(option);
  }
  program
    .command("version")
    .description("show the version")
    .action(() => {
      process.stdout.write(`${VERSION}\n`);
    });
  program.action(() => onStart(program.opts()));
  return program;
}

/** Runs the agent until it ends; gives the exit code. */
async function runAgent(settings: AgentSettings): Promise<number> {
  const logger = createLogger({
    level: readLogLevel(settings.logLevel),
    format: settings.logFormat === "json" ? "json" : "text",
    write: (line) => process.stderr.write(`${line}\n`),
  });
  // Runs are worth more than a clean conscience: the agent logs what it did not foresee and goes on.
  const onUnforeseen = (error: unknown): void => {
    logger.error("something failed that nobody waited for", { error: messageOf(error) });
  };
  process.on("unhandledRejection", onUnforeseen);
  process.on("uncaughtException", onUnforeseen);
  const agent = await startAgent(agentOptions(settings, logger));
  obeySignals(agent, logger);
  void agent.connected.then(() => {
    process.stdout.write(
      `agent ${agent.name} ready: pool ${settings.workPool} at ${settings.grpcUrl}\n`,
    );
  });
  const end = await agent.ended;
  await agent.close();
  if (end.kind === "refused") {
    printError(end.error);
    return EXIT_ERROR;
  }
  if (end.undelivered > 0) {
    logger.warning("not all reports and lines were delivered; the next start sends them", {
      attempts: end.undelivered,
    });
  }
  logger.info("the agent has ended");
  return EXIT_OK;
}

function agentOptions(settings: AgentSettings, logger: Logger): AgentOptions {
  const { grpcUrl, apiUrl, token, caFile } = settings;
  return {
    workPoolName: settings.workPool,
    agentName: settings.name,
    workQueueNames: settings.workQueues,
    type: settings.type,
    limit: settings.limit ?? null,
    prefetchSeconds: settings.prefetchSeconds,
    createPool: settings.createPool,
    runOnce: settings.runOnce,
    agentsDirectory: agentsDirectory(settings),
    stateDirectory: settings.stateDirectory,
    hostname: hostname(),
    target: {
      url: readUrl("SLUICE_GRPC_URL", grpcUrl),
      token,
      rootCertificates: caFile === undefined ? undefined : readCertificates(caFile),
    },
    jobSettings: {
      SLUICE_API_URL: apiUrl,
      SLUICE_GRPC_URL: grpcUrl,
      // With BUN_BE_BUN=1 this program is a plain Bun, for flows in TypeScript.
      SLUICE_RUNTIME: process.execPath,
    },
    environment: process.env,
    logger,
  };
}

function readCertificates(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw invalidField("SLUICE_TLS_CA_FILE", `the file cannot be read: ${messageOf(error)}`);
  }
}

function readLogLevel(text: string): LogLevel {
  return text === "debug" || text === "warning" || text === "error" ? text : "info";
}

/** First signal: finish what runs. Second: stop it. Third: kill it. */
function obeySignals(agent: RunningAgent, logger: Logger): void {
  let count = 0;
  const obey = (signal: NodeJS.Signals): void => {
    count++;
    const runs = agent.status().runs;
    if (count === 1) {
      logger.info("takes no more work and finishes what runs; once more stops it", {
        signal,
        runs,
      });
      agent.drain("the agent is shutting down");
    } else if (count === 2) {
      logger.info("stops what runs; once more kills it", { signal, runs });
      agent.stopRuns("the agent was told to stop");
    } else {
      logger.info("kills what runs", { signal, runs });
      agent.stopRuns("the agent was told to stop at once", 0);
    }
  };
  process.on("SIGTERM", obey);
  process.on("SIGINT", obey);
}

function printError(error: unknown): void {
  process.stderr.write(`${errorLine(error)}\n`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  printError(error);
  return exitCodeFor(error);
}

async function main(): Promise<number> {
  armFailpoints(process.env["SLUICE_FAILPOINTS"], process.env["SLUICE_FAILPOINT_DIR"]);
  let code = EXIT_OK;
  const program = buildCommand(async (flags) => {
    code = await runAgent(readAgentSettings(flags, process.env));
  });
  try {
    await program.parseAsync(process.argv);
    return code;
  } catch (error) {
    return exitCodeOf(error);
  }
}

process.exit(await main());
