// Runs the groups of tests one after the other and ends with one line of counts.
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findLeftovers } from "#test/support/find-leftovers.ts";
import { readJunit, type TestCounts } from "./read-junit.ts";

const ROOT = join(import.meta.dir, "..");
const HELP = `Runs the tests, doing its own set-up.

Usage: scripts/test [--all] [GROUP] [PATTERN] [-t NAME]

  GROUP    unit, integration, contract, e2e, fault or gates; without it all of them.
           interop needs Python and packages of it, and is run by its name or with --all
  --all    interop too, as where a change is judged
  PATTERN  only the files whose path contains it
  -t NAME  only the tests whose name matches this regular expression
`;

/** Time for what ends by itself when the last test is over, as the shared test database. */
const LINGER_MS = 15_000;

interface Group {
  readonly name: string;
  /** Folders whose `*.test.ts` belong to it. */
  readonly folders: readonly string[];
  /** Whether it drives the compiled programs. */
  readonly needsBuild: boolean;
  readonly limitMinutes: number;
  /** Whether it needs what is not everywhere, and is run only if it or all are named. */
  readonly onlyByName?: boolean;
}

const GROUPS: readonly Group[] = [
  {
    name: "unit",
    folders: ["agent", "cli", "scripts", "server", "shared", "test/support"],
    needsBuild: false,
    limitMinutes: 3,
  },
  { name: "gates", folders: ["test/gates"], needsBuild: false, limitMinutes: 3 },
  {
    name: "integration",
    folders: ["test/integration"],
    needsBuild: false,
    limitMinutes: 5,
  },
  { name: "contract", folders: ["test/contract"], needsBuild: false, limitMinutes: 5 },
  { name: "e2e", folders: ["test/e2e"], needsBuild: true, limitMinutes: 8 },
  { name: "fault", folders: ["test/fault"], needsBuild: true, limitMinutes: 12 },
  {
    name: "interop",
    folders: ["test/interop"],
    needsBuild: false,
    limitMinutes: 15,
    onlyByName: true,
  },
];

interface Selection {
  readonly pattern: string | undefined;
  readonly testName: string | undefined;
}

/** The caller's environment, without what would lead the tests to the caller's server or home. */
function environmentIn(temporary: string): Record<string, string | undefined> {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("SLUICE_") || name.startsWith("SLUICE_TEST_"),
  );
  return {
    ...Object.fromEntries(own),
    TMPDIR: temporary,
    SLUICE_HOME: join(temporary, "sluice-home"),
  };
}

/** Runs a command in the foreground; resolves to its exit code, and kills it when time is up. */
async function run(
  command: readonly string[],
  temporary: string,
  minutes: number,
): Promise<number> {
  const child = Bun.spawn([...command], {
    cwd: ROOT,
    env: environmentIn(temporary),
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    timeout: minutes * 60_000,
    killSignal: "SIGKILL",
  });
  return await child.exited;
}

/** Ends what the tests of a group left running; each such process counts as a failure. */
async function endLeftovers(directory: string): Promise<number> {
  const patience = performance.now() + LINGER_MS;
  while (findLeftovers(directory).length > 0 && performance.now() < patience) await Bun.sleep(50);
  const left = findLeftovers(directory);
  for (const { pid, command } of left) {
    console.error(`still running after the tests, now killed: ${pid} ${command}`);
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself in the meantime.
    }
  }
  return left.length;
}

function filesOf(group: Group, selection: Selection): string[] {
  return group.folders
    .flatMap((folder) => [...new Bun.Glob(`${folder}/**/*.test.ts`).scanSync({ cwd: ROOT })])
    .filter((file) => selection.pattern === undefined || file.includes(selection.pattern))
    .sort()
    .map((file) => `./${file}`);
}

async function runGroup(group: Group, selection: Selection, base: string): Promise<TestCounts> {
  const files = filesOf(group, selection);
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  console.log(`\n── ${group.name} ──`);
  const temporary = mkdtempSync(join(base, `${group.name}-`));
  // The database of a test runs as another user when the tests run as root.
  chmodSync(temporary, 0o755);
  const report = join(base, `${group.name}.xml`);
  const command = [process.execPath, "test", "--timeout=60000"];
  command.push("--reporter=junit", `--reporter-outfile=${report}`, ...files);
  if (selection.testName !== undefined) command.push("-t", selection.testName);
  const exitCode = await run(command, temporary, group.limitMinutes);
  const left = await endLeftovers(temporary);

  const counts = readReport(report) ?? { passed: 0, failed: 0, skipped: 0 };
  // An exit code without a failed test is a crash, a time-out or a file that does not load.
  const crashed = exitCode !== 0 && counts.failed === 0 ? 1 : 0;
  if (crashed > 0) console.error(`the runner of ${group.name} ended with exit code ${exitCode}`);
  return { ...counts, failed: counts.failed + crashed + left };
}

function readReport(path: string): TestCounts | undefined {
  try {
    return readJunit(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

async function build(base: string): Promise<boolean> {
  for (const options of [[], ["--test"]]) {
    const command = [process.execPath, join(ROOT, "scripts/build.ts"), ...options];
    if ((await run(command, base, 5)) !== 0) return false;
  }
  return true;
}

async function runGroups(groups: readonly Group[], selection: Selection): Promise<TestCounts> {
  // The real path: macOS hands out one that leads through a link.
  const base = realpathSync(mkdtempSync(join(tmpdir(), "sluice-test-")));
  chmodSync(base, 0o755);
  const clean = (): void => {
    for (const { pid } of findLeftovers(base)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself in the meantime.
      }
    }
    rmSync(base, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      clean();
      process.exit(1);
    });
  }
  try {
    if (groups.some((group) => group.needsBuild) && !(await build(base))) {
      console.error("the programs could not be built, so nothing was tested");
      return { passed: 0, failed: 1, skipped: 0 };
    }
    let total: TestCounts = { passed: 0, failed: 0, skipped: 0 };
    for (const group of groups) {
      const counts = await runGroup(group, selection, base);
      total = {
        passed: total.passed + counts.passed,
        failed: total.failed + counts.failed,
        skipped: total.skipped + counts.skipped,
      };
    }
    return total;
  } finally {
    clean();
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "test-name-pattern": { type: "string", short: "t" },
      all: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [name, pattern] = positionals;
  const groups = GROUPS.filter((group) =>
    name === undefined ? values.all || group.onlyByName !== true : group.name === name,
  );
  if (groups.length === 0 || positionals.length > 2) {
    console.error(HELP);
    return 2;
  }
  const started = performance.now();
  const counts = await runGroups(groups, { pattern, testName: values["test-name-pattern"] });
  const none = counts.passed + counts.failed === 0;
  if (none) console.error("no test ran");
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`\nTests took ${seconds} s.`);
  if (name === undefined && !values.all) {
    console.log(
      "Not run: interop, with an unmodified Prefect client. `scripts/test --all` runs it.",
    );
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return none || counts.failed > 0 ? 1 : 0;
}

process.exitCode = await main();
