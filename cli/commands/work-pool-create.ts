import { readFileSync } from "node:fs";
import { Option, type Command } from "commander";
import { requireName } from "#shared/names.ts";
import type { Cli } from "#cli/cli.ts";
import { usageError } from "#cli/cli-error.ts";
import { workPoolDocument } from "#cli/documents.ts";
import { parseJsonObject } from "#cli/json-text.ts";
import { wholeNumber } from "#cli/key-value.ts";
import {
  outputOption,
  printJson,
  printNote,
  printSuccess,
  type OutputOptions,
} from "#cli/print.ts";
import { quoteWords } from "#cli/shell-words.ts";

interface CreateOptions extends OutputOptions {
  readonly type: string;
  readonly description?: string;
  readonly paused?: true;
  readonly concurrencyLimit?: number;
  readonly baseJobTemplate?: string;
  readonly lostPolicy?: keyof typeof LOST_POLICIES;
  readonly lostAfter?: number;
}

const LOST_POLICIES = {
  crash: "LOST_POLICY_CRASH",
  keep: "LOST_POLICY_KEEP",
  reschedule: "LOST_POLICY_RESCHEDULE",
} as const;

const EXAMPLES = `
Examples:
  $ sluice work-pool create local
  $ sluice work-pool create batch --concurrency-limit 4 --lost-policy keep`;

/** `sluice work-pool create`. */
export function addWorkPoolCreate(group: Command, cli: Cli): void {
  group
    .command("create")
    .description("create a work pool with its queue 'default'")
    .argument("<name>", "its name, without / % & > <")
    .option("-t, --type <type>", "type of infrastructure", "process")
    .option("--description <text>", "for people")
    .option("--paused", "create it paused: nothing is granted until it is resumed")
    .option("--concurrency-limit <n>", "most runs at once; 0: none", wholeNumber(0))
    .option(
      "--base-job-template <file>",
      "JSON file with job_configuration and variables; -: standard input",
    )
    .addOption(
      new Option("--lost-policy <policy>", "what happens to runs of a lost agent (crash)").choices([
        ...Object.keys(LOST_POLICIES),
      ]),
    )
    .option("--lost-after <seconds>", "silence after which an agent is lost (60)", wholeNumber(1))
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((name: string, options: CreateOptions) => createWorkPool(cli, name, options));
}

async function createWorkPool(cli: Cli, name: string, options: CreateOptions): Promise<void> {
  requireName("name", name);
  const baseJobTemplateJson = await readTemplate(cli, options.baseJobTemplate);
  const { workPool } = await cli.connect((plane) =>
    plane.createWorkPool({
      name,
      type: options.type,
      description: options.description ?? "",
      baseJobTemplateJson,
      isPaused: options.paused ?? false,
      concurrencyLimit: options.concurrencyLimit,
      lostPolicy:
        options.lostPolicy === undefined
          ? "LOST_POLICY_UNSPECIFIED"
          : LOST_POLICIES[options.lostPolicy],
      lostAfterSeconds: options.lostAfter,
      storageConfiguration: undefined,
    }),
  );
  if (options.output === "json") {
    return printJson(cli.out, workPool === undefined ? {} : workPoolDocument(workPool));
  }
  printSuccess(cli.out, `Created work pool '${name}'.`);
  printNote(
    cli.out,
    options.paused
      ? `Resume it with: sluice work-pool resume ${quoteWords([name])}`
      : `Start an agent with: agent --pool ${quoteWords([name])}`,
  );
}

async function readTemplate(cli: Cli, file: string | undefined): Promise<string> {
  if (file === undefined) return "";
  let text: string;
  try {
    text = file === "-" ? await cli.surroundings.readInput() : readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`--base-job-template: ${file} cannot be read: ${why}`);
  }
  return JSON.stringify(parseJsonObject(text, file === "-" ? "--base-job-template" : file));
}
