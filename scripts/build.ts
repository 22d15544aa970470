// Builds both programs into dist/, each only if something it is made of has changed.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const ROOT = join(import.meta.dir, "..");
const HELP = `Builds the programs sluice and agent.

Usage: scripts/build [--test] [--target TARGET] [--force]

  --test           with failpoints, for the tests: dist/test/sluice and dist/test/agent
  --target TARGET  for another machine, as bun-linux-arm64 or bun-darwin-arm64:
                   dist/TARGET/sluice and dist/TARGET/agent
  --force          also what is up to date
`;

interface Program {
  readonly name: string;
  readonly entry: string;
  /** Folders and files it is made of. */
  readonly parts: readonly string[];
}

const COMMON = ["shared", "proto/gen", "package.json", "bun.lock", "tsconfig.json", "scripts"];
const PROGRAMS: readonly Program[] = [
  { name: "sluice", entry: "cli/main.ts", parts: ["cli", "server", ...COMMON] },
  { name: "agent", entry: "agent/main.ts", parts: ["agent", ...COMMON] },
];

interface Plan {
  readonly directory: string;
  readonly release: boolean;
  readonly target: Bun.Build.CompileTarget | undefined;
}

/** A hash of everything that the program depends on. */
async function fingerprint(program: Program, plan: Plan): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  hash.update(JSON.stringify([Bun.version, process.platform, process.arch, plan]));
  for (const part of program.parts) {
    const files = part.includes(".")
      ? [part]
      : [...new Bun.Glob(`${part}/**/*`).scanSync({ cwd: ROOT })].sort();
    for (const file of files) {
      if (file.endsWith(".test.ts")) continue;
      hash.update(`\0${file}\0`);
      hash.update(await Bun.file(join(ROOT, file)).bytes());
    }
  }
  return hash.digest("hex");
}

/** Compiles one program. It is put in place whole, also while an older one runs. */
async function compile(program: Program, plan: Plan): Promise<void> {
  const finished = join(plan.directory, program.name);
  const unfinished = `${finished}.${process.pid}`;
  try {
    await Bun.build({
      entrypoints: [join(ROOT, program.entry)],
      compile: {
        outfile: unfinished,
        // Files that lie where the program is started are the user's and say nothing to it.
        autoloadDotenv: false,
        autoloadBunfig: false,
        ...(plan.target === undefined ? {} : { target: plan.target }),
      },
      minify: true,
      bytecode: true,
      format: "esm",
      define: plan.release ? { SLUICE_RELEASE: "true" } : {},
    });
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, finished);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

async function buildIfChanged(program: Program, plan: Plan, force: boolean): Promise<void> {
  const stamp = join(plan.directory, `.${program.name}.built-from`);
  const wanted = await fingerprint(program, plan);
  const built = join(plan.directory, program.name);
  const shown = built.slice(ROOT.length + 1);
  if (!force && existsSync(built) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    console.log(`${shown} is up to date`);
    return;
  }
  const started = performance.now();
  await compile(program, plan);
  await Bun.write(stamp, wanted);
  const megabytes = (Bun.file(built).size / 1e6).toFixed(0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${shown} built in ${seconds} s (${megabytes} MB)`);
}

function isTarget(text: string): text is Bun.Build.CompileTarget {
  return /^bun-(linux|darwin|windows)-(x64|arm64)(-[a-z]+)*$/.test(text);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      test: { type: "boolean", default: false },
      target: { type: "string" },
      force: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { target } = values;
  if (target !== undefined && !isTarget(target)) {
    console.error(`'${target}' is no target; give one such as bun-linux-arm64.`);
    return 2;
  }
  const directory = join(ROOT, "dist", target ?? "", values.test ? "test" : "");
  mkdirSync(directory, { recursive: true });
  const plan: Plan = { directory, release: !values.test, target };
  for (const program of PROGRAMS) await buildIfChanged(program, plan, values.force);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof AggregateError ? error.errors.map(String).join("\n") : error);
  process.exitCode = 1;
}
