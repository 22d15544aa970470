import type { Command } from "commander";
import { requireName } from "#shared/names.ts";
import type { Cli } from "#cli/cli.ts";
import { usageError } from "#cli/cli-error.ts";
import { collectText } from "#cli/key-value.ts";
import { printNote, printSuccess, printWarning } from "#cli/print.ts";
import {
  findProfile,
  profilesPath,
  readProfiles,
  requireVariable,
  writeProfiles,
  type Profile,
} from "#cli/profiles.ts";

interface CreateOptions {
  readonly set?: ReadonlyMap<string, string>;
  readonly from?: string;
  readonly apiKeyStdin?: true;
  readonly replace?: true;
}

const EXAMPLES = `
Examples:
  $ sluice profile create staging --set SLUICE_GRPC_URL=https://sluice.example.com:4201
  $ sluice profile create staging --replace --from staging --api-key-stdin < key.txt
  $ sluice --profile staging flow-run ls`;

/** `sluice profile create | use | delete`. */
export function addProfileChanges(group: Command, cli: Cli): void {
  group
    .command("create")
    .description("create a profile")
    .argument("<name>")
    .option("--set <NAME=value>", "a variable; repeatable", collectText)
    .option("--from <profile>", "begin with the variables of another")
    .option("--api-key-stdin", "read SLUICE_API_KEY from standard input")
    .option("--replace", "replace a profile of that name")
    .addHelpText("after", EXAMPLES)
    .action((name: string, options: CreateOptions) => createProfile(cli, name, options));
  group
    .command("use")
    .description("make a profile the one in use")
    .argument("<name>")
    .action((name: string) => useProfile(cli, name));
  group
    .command("delete")
    .description("delete a profile that is not in use")
    .argument("<name>")
    .action((name: string) => deleteProfile(cli, name));
}

async function createProfile(cli: Cli, name: string, options: CreateOptions): Promise<void> {
  requireName("name", name);
  const path = profilesPath(cli.surroundings.environment);
  const { active, profiles } = readProfiles(path);
  if (profiles.has(name) && !options.replace) {
    throw usageError(`there is a profile '${name}' already`, "Replace it with --replace.");
  }
  const base =
    options.from === undefined ? {} : findProfile({ active, profiles }, options.from, path);
  const profile: Record<string, string> = { ...base };
  for (const [key, value] of options.set ?? []) {
    requireVariable("--set", key);
    if (key === "SLUICE_API_KEY") {
      throw usageError(
        "--set: a key must not stand on the command line, where others can read it",
        "Use --api-key-stdin.",
      );
    }
    profile[key] = value;
  }
  if (options.apiKeyStdin) profile["SLUICE_API_KEY"] = await readKey(cli);
  save(path, active, new Map([...profiles, [name, profile]]));
  printSuccess(cli.out, `Created profile '${name}' in ${path}.`);
  if (active !== name) printNote(cli.out, `Use it with: sluice profile use ${name}`);
}

async function readKey(cli: Cli): Promise<string> {
  const key = (await cli.surroundings.readInput()).trim();
  if (key === "") throw usageError("--api-key-stdin: standard input is empty");
  return key;
}

function useProfile(cli: Cli, name: string): void {
  const { environment } = cli.surroundings;
  const path = profilesPath(environment);
  const profiles = readProfiles(path);
  findProfile(profiles, name, path);
  save(path, name, profiles.profiles);
  printSuccess(cli.out, `Profile '${name}' is in use.`);
  const pinned = environment["SLUICE_PROFILE"];
  if (pinned && pinned !== name)
    printWarning(cli.err, `SLUICE_PROFILE=${pinned} still wins in this shell`);
}

function deleteProfile(cli: Cli, name: string): void {
  const path = profilesPath(cli.surroundings.environment);
  const { active, profiles } = readProfiles(path);
  findProfile({ active, profiles }, name, path);
  if (active === name) {
    throw usageError(`profile '${name}' is in use`, "Use another first: sluice profile use NAME");
  }
  save(path, active, new Map([...profiles].filter(([other]) => other !== name)));
  printSuccess(cli.out, `Deleted profile '${name}'.`);
}

function save(
  path: string,
  active: string | undefined,
  profiles: ReadonlyMap<string, Profile>,
): void {
  writeProfiles(path, { active, profiles });
}
