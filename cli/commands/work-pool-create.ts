import { Option, type Command } from "commander";
import type { WorkPool } from "#proto/sluice/v1/work_pool_service.ts";
import { requireName } from "#shared/names.ts";
import { chooseWorkerType } from "#cli/choose-worker-type.ts";
import type { Cli } from "#cli/cli.ts";
import { CliError, usageError } from "#cli/cli-error.ts";
import type { ControlPlane } from "#cli/control-plane.ts";
import { workPoolDocument } from "#cli/documents.ts";
import { wholeNumber } from "#cli/key-value.ts";
import {
  outputOption,
  printDetails,
  printJson,
  printNote,
  printSuccess,
  printWarning,
  type OutputOptions,
} from "#cli/print.ts";
import { DEFAULT_WORK_POOL, setInProfile } from "#cli/profiles.ts";
import { quoteWords } from "#cli/shell-words.ts";
import { readTemplate, TEMPLATE_FLAG, TEMPLATE_HELP } from "#cli/template-file.ts";
import { poolStatusCell } from "./work-pool-ls.ts";

interface CreateOptions extends OutputOptions {
  readonly type?: string;
  readonly description?: string;
  readonly paused?: true;
  readonly concurrencyLimit?: number;
  readonly baseJobTemplate?: string;
  readonly lostPolicy?: keyof typeof LOST_POLICIES;
  readonly lostAfter?: number;
  readonly setAsDefault?: true;
  readonly overwrite?: true;
}

const LOST_POLICIES = {
  crash: "LOST_POLICY_CRASH",
  keep: "LOST_POLICY_KEEP",
  reschedule: "LOST_POLICY_RESCHEDULE",
} as const;

const EXAMPLES = `
Examples:
  $ sluice work-pool create local --type process
  $ sluice work-pool create batch -t process --concurrency-limit 4 --lost-policy keep
  $ sluice work-pool create local -t process --overwrite --base-job-template pool.json
  $ sluice work-pool get-default-base-job-template -t docker | sluice work-pool create d -t docker --base-job-template -`;

/** `sluice work-pool create`. */
export function addWorkPoolCreate(group: Command, cli: Cli): void {
  group
    .command("create")
    .description("create a work pool with its queue 'default'")
    .argument("<name>", "its name, without / % & > <")
    .option("-t, --type <type>", "type of infrastructure; left out on a terminal: asked for")
    .option("--description <text>", "for people")
    .option("--paused", "create it paused: nothing is granted until it is resumed")
    .option("--concurrency-limit <n>", "most runs at once; 0: none", wholeNumber(0))
    .option(TEMPLATE_FLAG, TEMPLATE_HELP)
    .addOption(
      new Option("--lost-policy <policy>", "what happens to runs of a lost agent (crash)").choices([
        ...Object.keys(LOST_POLICIES),
      ]),
    )
    .option("--lost-after <seconds>", "silence after which an agent is lost (60)", wholeNumber(1))
    .option("--set-as-default", "make it the pool that is meant where none is named")
    .option("--overwrite", "change the pool of that name if there is one")
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((name: string, options: CreateOptions) => createWorkPool(cli, name, options));
}

async function createWorkPool(cli: Cli, name: string, options: CreateOptions): Promise<void> {
  requireName("name", name);
  const template =
    options.baseJobTemplate === undefined
      ? undefined
      : await readTemplate(cli, options.baseJobTemplate);
  const { pool, created } = await cli.connect(async (plane) => {
    const found = await plane.findWorkPool(name);
    // Another pool may have this name as its id.
    const known = found?.name === name ? found : undefined;
    if (known === undefined)
      return { pool: await create(cli, plane, name, options, template), created: true };
    if (options.overwrite) {
      return { pool: await overwrite(cli, plane, known, options, template), created: false };
    }
    throw new CliError(`there is a work pool '${name}' already`, {
      hints: ["Change it with --overwrite, or with `sluice work-pool update`."],
    });
  });
  if (options.setAsDefault) setAsDefault(cli, name);
  if (options.output === "json") return printJson(cli.out, workPoolDocument(pool));
  printSuccess(cli.out, `${created ? "Created" : "Updated"} work pool '${name}'.`);
  printDetails(cli.out, [
    ["id", pool.id],
    ["type", pool.type],
    ["description", pool.description],
    ["status", poolStatusCell(cli.out, pool)],
  ]);
  const next = nextStep(pool);
  if (next !== undefined) printNote(cli.out, next);
}

async function create(
  cli: Cli,
  plane: ControlPlane,
  name: string,
  options: CreateOptions,
  template: string | undefined,
): Promise<WorkPool> {
  const { workPool } = await plane.createWorkPool({
    name,
    type: options.type ?? (await chooseWorkerType(cli, plane)),
    description: options.description ?? "",
    baseJobTemplateJson: template ?? "",
    isPaused: options.paused ?? false,
    concurrencyLimit: options.concurrencyLimit,
    lostPolicy:
      options.lostPolicy === undefined
        ? "LOST_POLICY_UNSPECIFIED"
        : LOST_POLICIES[options.lostPolicy],
    lostAfterSeconds: options.lostAfter,
    storageConfiguration: undefined,
  });
  return present(workPool, name);
}

/** Changes what flags name; the rest stays. */
async function overwrite(
  cli: Cli,
  plane: ControlPlane,
  pool: WorkPool,
  options: CreateOptions,
  template: string | undefined,
): Promise<WorkPool> {
  const { name } = pool;
  if (options.lostPolicy !== undefined || options.lostAfter !== undefined) {
    throw usageError(
      "--lost-policy, --lost-after: a pool that exists keeps them, because its agents count by them",
    );
  }
  if (options.type !== undefined && options.type !== pool.type) {
    printWarning(cli.err, `'${name}' stays of type '${pool.type}'; a type is never changed`);
  }
  const { workPool } = await plane.updateWorkPool({
    name,
    description: options.description,
    isPaused: options.paused,
    concurrencyLimit: options.concurrencyLimit,
    clearConcurrencyLimit: false,
    baseJobTemplateJson: template,
    storageConfiguration: undefined,
  });
  return present(workPool, name);
}

function present(pool: WorkPool | undefined, name: string): WorkPool {
  if (pool === undefined) throw new CliError(`the control plane sent no work pool '${name}'`);
  return pool;
}

function setAsDefault(cli: Cli, name: string): void {
  const { environment } = cli.surroundings;
  const profile = setInProfile(environment, cli.profileFlag(), DEFAULT_WORK_POOL, name);
  printNote(cli.err, `Profile '${profile}' has ${DEFAULT_WORK_POOL}=${name} now.`);
  const pinned = environment[DEFAULT_WORK_POOL];
  if (pinned && pinned !== name) {
    printWarning(cli.err, `${DEFAULT_WORK_POOL}=${pinned} still wins in this shell`);
  }
}

/** Nobody has to be started for a push or managed pool. */
function nextStep({ name, type, isPaused }: WorkPool): string | undefined {
  const words = quoteWords([name]);
  if (isPaused) return `Resume it with: sluice work-pool resume ${words}`;
  if (/:(push|managed)$/.test(type)) return undefined;
  return type === "process"
    ? `Start an agent with: agent --pool ${words}`
    : `Start a worker with: prefect worker start --pool ${words} --type ${quoteWords([type])}`;
}
