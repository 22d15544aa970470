// Writes docs/configuration.md from the schemas of both programs. With --check it changes nothing
// and fails if the file differs.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_SETTINGS } from "#agent/config.ts";
import { SERVER_SETTINGS } from "#server/config.ts";
import type { Setting, SettingsSchema } from "#shared/settings.ts";

const FILE = join(import.meta.dir, "../docs/configuration.md");

function shownDefault(setting: Setting): string {
  const value = setting.default;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "–";
  return `\`${String(value)}\``;
}

function shownFlag(setting: Setting): string {
  if (setting.flag === undefined) return "–";
  const value =
    setting.kind === "flag" ? "" : ` ${setting.placeholder ?? setting.kind.toUpperCase()}`;
  return `\`--${setting.flag}${value}\``;
}

function shownHelp(setting: Setting): string {
  const choices = setting.kind === "choice" ? ` One of ${setting.choices.join(", ")}.` : "";
  const secret = setting.secret === true ? " Secret: never shown or logged." : "";
  return `${setting.help.replaceAll("|", "\\|")}${choices}${secret}`;
}

function table(schema: SettingsSchema): string {
  const rows = Object.values(schema).map((setting) => {
    const names = [setting.env, ...(setting.aliases ?? [])].map((name) => `\`${name}\``).join(", ");
    return `| ${names} | ${shownFlag(setting)} | ${shownDefault(setting)} | ${shownHelp(setting)} |`;
  });
  return ["| Environment | Flag | Default | Meaning |", "| --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}

const text = `# Configuration

Written by \`bun scripts/document-settings.ts\` from \`server/config.ts\` and \`agent/config.ts\`; edit those.
A flag beats the environment, the environment beats the default. An empty variable counts as absent.

## Control plane: \`sluice server start\`

${table(SERVER_SETTINGS)}

## Agent: \`agent\`

${table(AGENT_SETTINGS)}
`;

if (!process.argv.includes("--check")) {
  writeFileSync(FILE, text);
} else if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== text) {
  console.error("docs/configuration.md does not say what the schemas say");
  process.exitCode = 1;
}
