import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** Files of the repository, by `git ls-files` where there is a clone, else by folder. */
function repositoryFiles(): string[] {
  const listed = Bun.spawnSync(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    {
      cwd: ROOT,
      stderr: "ignore",
    },
  );
  if (listed.success) return listed.stdout.toString().split("\0").filter(exists);
  const folders = "{.ci,agent,cli,docs,examples,proto,scripts,server,shared,test}";
  return [...new Bun.Glob(`./${folders}/**/*`).scanSync({ cwd: ROOT, dot: true })];
}

function exists(file: string): boolean {
  return file !== "" && Bun.file(join(ROOT, file)).size > 0;
}

const files = repositoryFiles().filter((file) => !file.startsWith("proto/gen/"));
const programs = files.filter(
  (file) => /\.(ts|sh|py|sql|proto)$/.test(file) || /^scripts\/\w+$/.test(file),
);

/** The lines that match, as `file:line: text`; the files that name the pattern themselves aside. */
function findLines(among: readonly string[], pattern: RegExp): string[] {
  return among
    .filter((file) => file !== "test/gates/source.test.ts" && file !== "test/gates/walls.test.ts")
    .flatMap((file) =>
      readFileSync(join(ROOT, file), "utf8")
        .split("\n")
        .flatMap((line, index) =>
          pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : [],
        ),
    );
}

test("the files of this repository are found", () => {
  expect(programs).toContain("shared/errors.ts");
  expect(programs).toContain("scripts/test");
});

test("no test is switched off or runs alone", () => {
  const tests = files.filter((file) => file.endsWith(".test.ts"));
  expect(findLines(tests, /\b(test|it|describe)\.(only|skip|todo|failing)\b/)).toEqual([]);
});

test("no test waits for a time to pass", () => {
  const tests = files.filter((file) => file.startsWith("test/") && file.endsWith(".test.ts"));
  expect(findLines(tests, /\bsetTimeout\([^,]+,\s*[\d_]{3,}\s*\)|\bsleep\(/)).toEqual([]);
});

test("no linter and no type check is switched off, and nothing is left for later", () => {
  const pattern = /(ox|es)lint-disable|@ts-(ignore|nocheck|expect-error)|\b(TODO|FIXME|XXX|HACK)\b/;
  expect(findLines(programs, pattern)).toEqual([]);
});

test("no file has a name that says nothing", () => {
  const vague = /^(index|utils?|helpers?|common|types|misc)\.ts$/;
  expect(files.filter((file) => vague.test(basename(file)))).toEqual([]);
});

test("code is loaded when it is needed only by the CLI, whose walls hold for that too", () => {
  const lazy = files.filter(
    (file) => /^(agent|server|shared|cli)\//.test(file) && !file.endsWith(".test.ts"),
  );
  const found = findLines(lazy, /\bimport\(/);
  const illegal = found.filter(
    (line) =>
      !line.startsWith("cli/") ||
      (/import\("#?(\.\.\/|server|agent|test)/.test(line) &&
        !line.startsWith("cli/commands/server-start.ts")),
  );
  expect(illegal).toEqual([]);
});

test("no file names a machine's own path or the host of a registry", () => {
  const texts = files.filter((file) => !/\.(lock|png|log)$/.test(file));
  const host = /(registry|proxy)\.(npmjs|yarnpkg|golang)\.(org|com)|pypi\.org|deb\.debian\.org/;
  const path = new RegExp(
    `(^|[\\s"'(=])/(${["work", "root", "home/\\w+", "Users/\\w+"].join("|")})/\\w`,
  );
  expect(findLines(texts, host)).toEqual([]);
  expect(findLines(texts, path)).toEqual([]);
});
