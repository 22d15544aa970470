import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...[...new Bun.Glob("docs/**/*.md").scanSync({ cwd: ROOT })].sort(),
];
/** Documents in which every path in `code` is a file of this repository. */
const MAPS = ["README.md", "CONTRIBUTING.md", "docs/architecture.md"];

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** The paths that a document names in backquotes: with a folder of ours in front, or a script. */
function namedPaths(text: string): string[] {
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
  return spans
    .map((span) => span.split(" ").find((word) => word !== "bun") ?? "")
    .filter((path) =>
      /^(\.ci|agent|cli|docs|examples|proto|scripts|server|shared|test)\/[\w./-]+$/.test(path),
    )
    .filter((path) => !path.includes("…"));
}

describe("the documents", () => {
  for (const document of MAPS) {
    test(`${document} names only files that exist`, () => {
      const paths = namedPaths(read(document));
      expect(paths.length).toBeGreaterThan(0);
      expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    });
  }

  for (const document of DOCUMENTS) {
    test(`${document} links only to what exists`, () => {
      const links = [...read(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map((match) => match[1] ?? "")
        .filter((link) => !/^[a-z]+:/.test(link));
      const broken = links.filter((link) => !existsSync(join(ROOT, dirname(document), link)));
      expect(broken).toEqual([]);
    });
  }

  test("the architecture names the folders that stand in the import table of the lint rules", () => {
    const architecture = read("docs/architecture.md");
    const config: { overrides: { files: string[] }[] } = JSON.parse(read(".oxlintrc.json"));
    const walled = config.overrides
      .flatMap(({ files }) => files)
      .flatMap((glob) => /^((?:server|agent|cli|shared)(?:\/\w+)?)\/\*\*/.exec(glob)?.[1] ?? []);
    expect(walled.length).toBeGreaterThan(5);
    expect(walled.filter((folder) => !architecture.includes(`\`${folder}\``))).toEqual([]);
  });

  test("every decision record is numbered once and listed", () => {
    const records = [...new Bun.Glob("docs/decisions/*.md").scanSync({ cwd: ROOT })].map((file) =>
      basename(file),
    );
    const numbers = records.map((name) => name.slice(0, 4));
    expect(numbers.every((number) => /^\d{4}$/.test(number))).toBe(true);
    expect(new Set(numbers).size).toBe(records.length);
    const index = read("docs/README.md");
    expect(records.filter((name) => !index.includes(`decisions/${name}`))).toEqual([]);
  });

  test("docs/configuration.md says what the schemas of both programs say", () => {
    const check = Bun.spawnSync(
      [process.execPath, join(ROOT, "scripts/document-settings.ts"), "--check"],
      { cwd: ROOT, stderr: "pipe" },
    );
    expect(check.stderr.toString()).toBe("");
    expect(check.exitCode).toBe(0);
  });
});

test("every SQL statement is used", () => {
  const statements = [...new Bun.Glob("server/store/sql/*.sql").scanSync({ cwd: ROOT })].map(
    (file) => basename(file, ".sql"),
  );
  const store = [...new Bun.Glob("server/store/**/*.ts").scanSync({ cwd: ROOT })]
    .map((file) => read(file))
    .join("\n");
  expect(statements.length).toBeGreaterThan(10);
  const unused = statements.filter((name) => !store.includes(`/${name}.sql"`));
  expect(unused).toEqual([]);
});
