// Builds both programs into dist/, each only if something it is made of has changed.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
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
  readonly carriesPostgres: boolean;
  /** Folders and files it is made of. */
  readonly parts: readonly string[];
}

const COMMON = [
  "shared",
  "proto/gen",
  "package.json",
  "bun.lock",
  "tsconfig.json",
  "scripts/build.ts",
];
const PROGRAMS: readonly Program[] = [
  {
    name: "sluice",
    entry: "cli/main.ts",
    carriesPostgres: true,
    parts: ["cli", "server", "scripts/pack-postgres.ts", ...COMMON],
  },
  { name: "agent", entry: "agent/main.ts", carriesPostgres: false, parts: ["agent", ...COMMON] },
];

interface Plan {
  readonly directory: string;
  readonly release: boolean;
  readonly target: Bun.Build.CompileTarget | undefined;
}

/** Platform of PostgreSQL's package for the machine that the program is built for. */
function postgresPlatform({ target }: Plan): string {
  const [, system, machine] = /^bun-(\w+)-(x64|arm64)/.exec(target ?? "") ?? [];
  return `${system ?? process.platform}-${machine ?? process.arch}`;
}

/**
 * Packs PostgreSQL and writes an entry that tells the CLI's server that it is carried along. Returns
 * the entry.
 */
function carryPostgres(program: Program, plan: Plan): string {
  const assets = join(ROOT, "dist/.assets");
  const platform = postgresPlatform(plan);
  const packed = Bun.spawnSync(
    [process.execPath, join(ROOT, "scripts/pack-postgres.ts"), "--platform", platform],
    { stderr: "inherit" },
  );
  if (!packed.success) throw new Error(`PostgreSQL for ${platform} could not be packed`);
  const { path, hash }: { path: string; hash: string } = JSON.parse(packed.stdout.toString());
  const archive = JSON.stringify(`./${basename(path)}`);
  writeFileSync(
    join(assets, `carry-${platform}.ts`),
    `import archive from ${archive} with { type: "file" };
import { setPostgresArchive } from "#server/store/postgres-archive.ts";
setPostgresArchive(archive, ${JSON.stringify(hash)});
`,
  );
  const entry = join(assets, `${program.name}-${platform}.ts`);
  writeFileSync(
    entry,
    `import "./carry-${platform}.ts";\nimport ${JSON.stringify(join(ROOT, program.entry))};\n`,
  );
  return entry;
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
  const entry = program.carriesPostgres ? carryPostgres(program, plan) : join(ROOT, program.entry);
  try {
    await Bun.build({
      entrypoints: [entry],
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
  return /^bun-(linux|darwin)-(x64|arm64)(-[a-z]+)*$/.test(text);
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
  let exitCode = 0;
  for (const program of PROGRAMS) {
    try {
      await buildIfChanged(program, plan, values.force);
    } catch (error) {
      console.error(`${program.name} could not be built:\n${explain(error)}`);
      exitCode = 1;
    }
  }
  return exitCode;
}

/** What the bundler said, a line for each of its findings. */
function explain(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(String).join("\n");
  return error instanceof Error ? error.message : String(error);
}

process.exitCode = await main();
