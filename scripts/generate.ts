// Generates proto/gen from proto/. With --check it changes nothing and fails if the result differs.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");

/** Runs a tool of node_modules/.bin or a script under this Bun; Node need not be installed. */
function run(command: readonly string[], cwd: string): void {
  const child = Bun.spawnSync([process.execPath, "--bun", "run", ...command], {
    cwd,
    stdout: "pipe",
    stderr: "pipe",
  });
  if (child.success) return;
  throw new Error(
    `${command.join(" ")} failed:\n${child.stdout.toString()}${child.stderr.toString()}`,
  );
}

/** Generates the code of the tree at `root`. */
function generate(root: string): void {
  run(["buf", "generate", "--clean"], join(root, "proto"));
  run([join(root, "scripts/embed-descriptors.ts")], root);
}

function filesBelow(directory: string): Set<string> {
  if (!existsSync(directory)) return new Set();
  return new Set(new Bun.Glob("**/*").scanSync({ cwd: directory }));
}

/** The files that are not the same in both folders, with what is wrong with them. */
function differences(wanted: string, present: string): string[] {
  const all = new Set([...filesBelow(wanted), ...filesBelow(present)]);
  return [...all].sort().flatMap((file) => {
    const [ours, theirs] = [join(present, file), join(wanted, file)];
    if (!existsSync(ours)) return [`proto/gen/${file} is missing`];
    if (!existsSync(theirs)) return [`proto/gen/${file} is not generated from anything`];
    return readFileSync(ours).equals(readFileSync(theirs)) ? [] : [`proto/gen/${file} is stale`];
  });
}

/** Generates in a copy of what generation reads, so that nothing here is touched. */
function check(): string[] {
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const copy = mkdtempSync(join(ROOT, ".cache", "generate-"));
  try {
    const isSource = (path: string): boolean => path !== join(ROOT, "proto/gen");
    cpSync(join(ROOT, "proto"), join(copy, "proto"), { recursive: true, filter: isSource });
    cpSync(join(ROOT, "scripts/embed-descriptors.ts"), join(copy, "scripts/embed-descriptors.ts"));
    cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    generate(copy);
    return differences(join(copy, "proto/gen"), join(ROOT, "proto/gen"));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

if (process.argv.includes("--check")) {
  const found = check();
  for (const difference of found) console.error(difference);
  process.exitCode = found.length === 0 ? 0 : 1;
} else {
  generate(ROOT);
}
