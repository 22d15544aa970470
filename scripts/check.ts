// Everything a change has to pass beside its tests: `bun run check`, or `bun run check STEP …`.
import { existsSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const AT_ONCE = 2;

interface Step {
  readonly name: string;
  /** A tool of node_modules/.bin or a script, with its arguments. */
  readonly command: readonly string[];
  readonly cwd?: string;
  /** What mends it. */
  readonly repair: string;
}

const STEPS: readonly Step[] = [
  { name: "types", command: ["tsc", "-p", "."], repair: "mend the types" },
  { name: "lint", command: ["oxlint"], repair: "bun run oxlint --fix, then mend the rest" },
  {
    name: "domain",
    command: ["tsc", "-p", "server/domain"],
    repair: "server/domain is pure: hand in what it needs",
  },
  { name: "format", command: ["oxfmt", "--check", "."], repair: "bun run format" },
  { name: "unused", command: ["knip"], repair: "delete what nothing uses" },
  {
    name: "generated",
    command: ["scripts/generate.ts", "--check"],
    repair: "bun run generate",
  },
  { name: "proto", command: ["buf", "lint"], cwd: "proto", repair: "mend proto/sluice" },
  ...breakingStep(),
  {
    name: "schema",
    command: ["scripts/database.ts", "--check"],
    repair: "bun scripts/database.ts",
  },
  {
    name: "states",
    command: ["scripts/draw-states.ts", "--check"],
    repair: "bun scripts/draw-states.ts",
  },
  {
    name: "routes",
    command: ["scripts/document-routes.ts", "--check"],
    repair: "bun scripts/document-routes.ts",
  },
  {
    name: "settings",
    command: ["scripts/document-settings.ts", "--check"],
    repair: "bun scripts/document-settings.ts",
  },
  {
    name: "gates",
    command: ["test", "./test/gates"],
    repair: "each failed test says what disagrees",
  },
];

/** The contract must not break what the last release promised; before the first there is nothing. */
function breakingStep(): Step[] {
  if (!existsSync(join(ROOT, ".git"))) return [];
  const { stdout, success } = Bun.spawnSync(
    ["git", "describe", "--tags", "--abbrev=0", "--match=v*"],
    {
      cwd: ROOT,
      stderr: "ignore",
    },
  );
  if (!success) return [];
  const against = `../.git#tag=${stdout.toString().trim()},subdir=proto`;
  return [
    {
      name: "breaking",
      command: ["buf", "breaking", "--against", against],
      cwd: "proto",
      repair: "add fields and messages, change none; or a package v2 beside v1",
    },
  ];
}

/** Runs a step and tells how it went; true if it passed. */
async function runStep(step: Step): Promise<boolean> {
  const started = performance.now();
  const runner =
    step.command[0] === "test" ? [process.execPath] : [process.execPath, "--bun", "run"];
  const child = Bun.spawn([...runner, ...step.command], {
    cwd: join(ROOT, step.cwd ?? ""),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 5 * 60_000,
  });
  const [exitCode, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const time = `${((performance.now() - started) / 1000).toFixed(1)} s`.padStart(7);
  if (exitCode === 0) {
    console.log(`ok      ${step.name.padEnd(10)} ${time}`);
    return true;
  }
  console.log(`${out}${err}`.trimEnd());
  console.log(`FAILED  ${step.name.padEnd(10)} ${time}   repair: ${step.repair}`);
  return false;
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !STEPS.some((step) => step.name === name));
  if (unknown !== undefined) {
    console.error(
      `'${unknown}' is no step; the steps are ${STEPS.map(({ name }) => name).join(", ")}.`,
    );
    return 2;
  }
  const waiting = STEPS.filter(({ name }) => names.length === 0 || names.includes(name));
  const failed: string[] = [];
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (!(await runStep(step))) failed.push(step.name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  console.log(failed.length === 0 ? "All checks passed." : `Failed: ${failed.join(", ")}.`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
