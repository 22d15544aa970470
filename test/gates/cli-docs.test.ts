import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { allCommands, commandTree } from "#cli/completion/tree.ts";
import { DEPLOYMENT_KEYS, readDeployments } from "#cli/deployment-file.ts";
import { buildProgram } from "#cli/program.ts";
import { SERVER_SETTINGS } from "#server/config.ts";
import { capture } from "#test/support/captured-cli.ts";

const DOCS = join(import.meta.dir, "../../docs");
const cliPage = readFileSync(join(DOCS, "cli.md"), "utf8");
const deployingPage = readFileSync(join(DOCS, "deploying.md"), "utf8");

const commands = allCommands(commandTree(buildProgram(capture().surroundings)));
const leaves = commands.filter(
  ({ path, children }) => children.length === 0 && !/(^| )help$/.test(path),
);
/** Flags that every command has, or that are told in words. */
const EVERYWHERE = new Set(["help", "output"]);

describe("the documentation of the command line", () => {
  test.each(leaves.map(({ path }) => path))("names `%s`", (path) => {
    const [group = "", name] = path.split(" ");
    const rows = cliPage.split("\n").filter((line) => line.startsWith(`| \`${group}`));
    expect(
      rows.some((row) => name === undefined || new RegExp(`\\b${name}\\b`).test(row)),
    ).toBeTrue();
  });

  test.each(
    leaves
      .filter(({ path }) => !path.startsWith("server"))
      .map((leaf) => [leaf.path, leaf.flags] as const),
  )("names the flags of `%s`", (_, flags) => {
    const missing = flags
      .map(({ long }) => long ?? "")
      .filter((long) => !EVERYWHERE.has(long))
      .filter((long) => !new RegExp(`--${long}(?![a-z-])`).test(cliPage + deployingPage));
    expect(missing).toEqual([]);
  });

  test("names every key of a deployment", () => {
    for (const key of DEPLOYMENT_KEYS) {
      expect(deployingPage).toMatch(new RegExp(`^\\|[^|]*\`${key}\``, "m"));
    }
  });

  test("shows only deployment files that can be read", () => {
    const files = [...deployingPage.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? "");
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const text of files)
      expect(readDeployments("sluice.yaml", text).length).toBeGreaterThan(0);
  });
});

test("`server start` has exactly the flags that the control plane has", () => {
  const start = commands.find(({ path }) => path === "server start");
  const flags = start?.flags.map(({ long }) => long).filter((long) => long !== "help");
  const settings = Object.values(SERVER_SETTINGS).flatMap((setting) =>
    "flag" in setting ? [setting.flag] : [],
  );
  expect(flags?.toSorted()).toEqual(settings.toSorted());
});
