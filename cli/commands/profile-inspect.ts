import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { usageError } from "#cli/cli-error.ts";
import { outputOption, printDetails, printJson, type OutputOptions } from "#cli/print.ts";
import { activeProfile, findProfile, profilesPath, readProfiles } from "#cli/profiles.ts";

interface InspectOptions extends OutputOptions {
  readonly showSecrets?: true;
}

/** `sluice profile inspect`. */
export function addProfileInspect(group: Command, cli: Cli): void {
  group
    .command("inspect")
    .description("show the variables of a profile")
    .argument("[name]", "the one in use by default")
    .option("--show-secrets", "show keys and tokens too")
    .addOption(outputOption())
    .action((name: string | undefined, options: InspectOptions) =>
      inspectProfile(cli, name, options),
    );
}

function inspectProfile(cli: Cli, given: string | undefined, options: InspectOptions): void {
  const { environment } = cli.surroundings;
  const path = profilesPath(environment);
  const profiles = readProfiles(path);
  const name = given ?? activeProfile(profiles, environment, cli.profileFlag());
  if (name === undefined)
    throw usageError("no profile is in use", `Name one of ${path}, or: sluice profile use NAME`);
  const shown = Object.entries(findProfile(profiles, name, path)).map(
    ([key, value]) => [key, options.showSecrets || !isSecret(key) ? value : "********"] as const,
  );
  if (options.output === "json")
    return printJson(cli.out, { name, variables: Object.fromEntries(shown) });
  printDetails(cli.out, [["profile", name], ...shown]);
}

/** Whether a variable's value must not be shown unasked; a database's address may hold a password. */
function isSecret(name: string): boolean {
  return /_(API_KEY|TOKEN|PASSWORD|SECRET|DATABASE_URL)$/.test(name);
}
