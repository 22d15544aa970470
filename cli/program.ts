import { Command, CommanderError, type Help } from "commander";
import { EXIT_USAGE, usageErrorText, usageHint } from "#shared/program-errors.ts";
import { VERSION } from "#shared/version.ts";
import { Cli, type Surroundings } from "./cli.ts";
import { addAgentCommands } from "./commands/agent.ts";
import { addBlockCommands } from "./commands/block.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDeploy } from "./commands/deploy.ts";
import { addDeploymentCommands } from "./commands/deployment.ts";
import { addConcurrencyLimitCommands } from "./commands/global-concurrency-limit.ts";
import { addFlowRunCommands } from "./commands/flow-run.ts";
import { addProfileCommands } from "./commands/profile.ts";
import { addServerCommands } from "./commands/server.ts";
import { addVariableCommands } from "./commands/variable.ts";
import { addVersion } from "./commands/version.ts";
import { addWorkPoolCommands } from "./commands/work-pool.ts";
import { addWorkQueueCommands } from "./commands/work-queue.ts";
import { reportError } from "./report-error.ts";

const EPILOGUE = `
Environment:
  SLUICE_GRPC_URL           address of the control plane (http://127.0.0.1:4201)
  SLUICE_API_URL            its HTTP address, one port below; either one stands for both
  SLUICE_API_KEY            key to send with every call
  SLUICE_TLS_CA_FILE        certificate that signed the control plane's
  SLUICE_PROFILE            profile to use, as --profile does
  SLUICE_DEFAULT_WORK_POOL  work pool that is meant where none is named
  SLUICE_HOME               folder of every file Sluice writes (~/.sluice)
  NO_COLOR                  no colours

First steps:
  $ sluice server start
  $ sluice work-pool create local --type process
  $ agent --pool local
  $ sluice deploy --name hello/world --pool local --command 'echo hello'
  $ sluice deployment run hello/world --watch`;

/** The tree of all commands. The commands act on what the surroundings offer. */
export function buildProgram(surroundings: Surroundings): Command {
  const program = new Command("sluice");
  const { out, err } = surroundings.terminal;
  program
    .description("Orchestrates flow runs on your own infrastructure.")
    .version(`sluice ${VERSION}`, "-v, --version", "print the version of this program")
    .option("-p, --profile <name>", "profile to use; stands before the command")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help of a command")
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ subcommandTerm, commandUsage, showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      outputError: (text, write) => write(err.colours.red(usageErrorText(text))),
      getOutHelpWidth: () => out.columns ?? 100,
      getErrHelpWidth: () => err.columns ?? 100,
      getOutHasColors: () => out.colours.isColorSupported,
      getErrHasColors: () => err.colours.isColorSupported,
    })
    .addHelpText("after", EPILOGUE);

  const cli = new Cli(surroundings, () => program.opts<{ profile?: string }>().profile);
  addServerCommands(program, cli);
  addWorkPoolCommands(program, cli);
  addWorkQueueCommands(program, cli);
  addDeploy(program, cli);
  addDeploymentCommands(program, cli);
  addFlowRunCommands(program, cli);
  addConcurrencyLimitCommands(program, cli);
  addAgentCommands(program, cli);
  addVariableCommands(program, cli);
  addBlockCommands(program, cli);
  addProfileCommands(program, cli);
  addCompletion(program, cli);
  addVersion(program, cli);
  hintAtHelp(program);
  return program;
}

function subcommandTerm(this: Help, command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(" ");
}

/** The usage of a command, without the other names its groups have. */
function commandUsage(this: Help, command: Command): string {
  return [...wordsOf(command), command.usage()].join(" ");
}

function wordsOf(command: Command): string[] {
  const { parent } = command;
  return [...(parent === null ? [] : wordsOf(parent)), command.name()];
}

/** What is wrong with a command line is followed by where to see what would be right. */
function hintAtHelp(command: Command): void {
  command.showHelpAfterError(usageHint(...wordsOf(command)));
  for (const child of command.commands) hintAtHelp(child);
}

/** Carries out one command line and tells its exit code; what went wrong has been printed. */
export async function runCli(
  words: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const program = buildProgram(surroundings);
  try {
    await program.parseAsync([...words], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOf(error);
    return reportError(error, surroundings);
  }
}

function exitCodeOf(error: CommanderError): number {
  const asked = error.code === "commander.helpDisplayed" || error.code === "commander.version";
  return asked ? 0 : EXIT_USAGE;
}
