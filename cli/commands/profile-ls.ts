import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { outputOption, printJson, printNote, printTable, type OutputOptions } from "#cli/print.ts";
import { activeProfile, profilesPath, readProfiles } from "#cli/profiles.ts";

/** `sluice profile ls`. */
export function addProfileLs(group: Command, cli: Cli): void {
  group
    .command("ls")
    .description("list profiles; the one in use is marked")
    .addOption(outputOption())
    .action((options: OutputOptions) => listProfiles(cli, options));
}

function listProfiles(cli: Cli, options: OutputOptions): void {
  const { environment } = cli.surroundings;
  const path = profilesPath(environment);
  const profiles = readProfiles(path);
  const active = activeProfile(profiles, environment, cli.profileFlag());
  const rows = [...profiles.profiles].map(([name, variables]) => ({
    name,
    active: name === active,
    address: variables["SLUICE_GRPC_URL"] ?? null,
  }));
  if (options.output === "json") return printJson(cli.out, rows);
  if (rows.length === 0) return printNote(cli.out, `No profiles in ${path}.`);
  printTable(
    cli.out,
    [{ title: "" }, { title: "NAME", flexible: true }, { title: "ADDRESS", flexible: true }],
    rows.map((row) => [row.active ? "*" : "", row.name, row.address ?? ""]),
  );
}
