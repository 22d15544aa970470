import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** One planted file, and the rule that has to flag it; null: it is legal. */
interface Planted {
  readonly file: string;
  readonly source: string;
  readonly rule: string | null;
}

const IMPORTS = "no-restricted-imports";
const PROPERTIES = "no-restricted-properties";
const GLOBALS = "no-restricted-globals";

const planted: Planted[] = [];
const folders = new Map<string, number>();

/** Plants a file of its own in the folder. */
function plant(folder: string, source: string, rule: string | null, name?: string): void {
  const number = (folders.get(folder) ?? 0) + 1;
  folders.set(folder, number);
  planted.push({ file: `${folder}/${name ?? `planted-${number}.ts`}`, source, rule });
}

/** Plants one import for each specifier. */
function imports(folder: string, legal: readonly string[], illegal: readonly string[]): void {
  const line = (specifier: string): string =>
    `import { thing } from "${specifier}";\nexport const used = thing;\n`;
  for (const specifier of legal) plant(folder, line(specifier), null);
  for (const specifier of illegal) plant(folder, line(specifier), IMPORTS);
  // A type crosses a wall no more than a value does.
  const [first] = illegal;
  if (first !== undefined) {
    plant(folder, `import type { thing } from "${first}";\nexport type Used = thing;\n`, IMPORTS);
  }
}

imports(
  "shared",
  ["./clock.ts", "node:fs", "ajv"],
  ["#server/main.ts", "#proto/a.ts", "pg", "hono"],
);
imports(
  "server/domain",
  ["./state.ts", "#shared/states.ts"],
  ["#server/store/leases.ts", "node:fs", "pg", "ajv", "#shared/ids.ts", "#shared/failpoints.ts"],
);
imports(
  "server/domain/rules",
  ["./copy-scheduled-time.ts", "#server/domain/rule.ts", "#shared/states.ts"],
  ["../rule.ts", "#server/transitions/context.ts", "bun"],
);
imports(
  "server/store",
  ["./transaction.ts", "#server/domain/state.ts", "#shared/errors.ts", "pg", "node:path"],
  ["#server/transitions/context.ts", "#server/api/failure.ts", "#proto/a.ts", "pg-boss", "hono"],
);
imports(
  "server/transitions",
  ["./context.ts", "#server/domain/state.ts", "#server/store/transaction.ts", "ajv"],
  ["#server/api/failure.ts", "#server/loops/dispatcher.ts", "#proto/a.ts", "pg", "@grpc/grpc-js"],
);
imports(
  "server/loops",
  ["./dispatcher.ts", "#server/transitions/sweep.ts", "#server/store/leases.ts"],
  ["#server/store/transaction.ts", "#server/api/failure.ts", "#proto/a.ts", "pg", "pg-boss"],
);
imports(
  "server/api/grpc",
  [
    "./mapping.ts",
    "#proto/a.ts",
    "#server/store/logs.ts",
    "#server/api/failure.ts",
    "@grpc/grpc-js",
  ],
  [
    "#server/store/transaction.ts",
    "#server/loops/dispatcher.ts",
    "../http/app.ts",
    "pg",
    "#cli/cli.ts",
  ],
);
imports(
  "server/api/http",
  ["hono", "prom-client", "./problem.ts"],
  ["#server/store/transaction.ts", "pg-boss"],
);
imports(
  "server/api/rest",
  ["typebox", "ajv/dist/2020.js", "#server/transitions/context.ts", "#server/store/work-pools.ts"],
  ["#server/store/transaction.ts", "#server/loops/dispatcher.ts", "pg", "#cli/cli.ts"],
);
imports(
  "server",
  ["./api/failure.ts", "#shared/clock.ts", "pg"],
  ["#agent/slots.ts", "#cli/cli.ts", "#test/a.ts"],
);
imports(
  "agent",
  [
    "./slots.ts",
    "#proto/a.ts",
    "#shared/clock.ts",
    "@grpc/grpc-js",
    "bun:sqlite",
    "node:os",
    "commander",
  ],
  ["#server/domain/state.ts", "#cli/cli.ts", "pg", "pg-boss", "hono", "node:process"],
);
imports(
  "agent/infrastructure/process",
  ["./shim.ts", "#agent/slots.ts"],
  ["../driver.ts", "#server/main.ts"],
);
imports(
  "cli/commands",
  ["#cli/cli.ts", "#proto/a.ts", "#shared/clock.ts", "commander", "yaml", "picocolors"],
  ["#server/main.ts", "#server/domain/state.ts", "#agent/slots.ts", "pg", "../cli.ts"],
);
imports(
  "test/integration",
  ["#server/store/leases.ts", "#agent/slots.ts", "pg"],
  ["../support/a.ts"],
);

const lend = (specifier: string): string =>
  `import type { Pool } from "${specifier}";\nexport type Lent = Pool;\n`;
plant("server/transitions", lend("pg"), null);
plant("server/loops", lend("pg"), null);
plant("server/api/grpc", lend("pg"), null);
plant("server/loops", lend("pg-boss"), IMPORTS);
plant(
  "cli/commands",
  'import { a } from "#server/main.ts";\nexport const b = a;\n',
  null,
  "server-start.ts",
);
plant("server/store", 'import { a } from "pg-boss";\nexport const b = a;\n', null, "jobs.ts");

plant("server/domain", "export const now = Date.now();\n", GLOBALS);
plant("server/domain", "export const id = crypto.randomUUID();\n", GLOBALS);
plant("server/domain", "export const id = Bun.randomUUIDv7();\n", GLOBALS);
plant("server/domain", "export const luck = Math.random();\n", PROPERTIES);
plant("server/store", 'export const home = process.env["HOME"];\n', PROPERTIES);
plant("agent", "export const { env } = process;\n", PROPERTIES);
plant("cli", "export const words = process.argv;\n", PROPERTIES);
plant("shared", "export const home = Bun.env;\n", PROPERTIES);
plant("agent", "export const words = process.argv;\n", null, "main.ts");
plant("test/integration", 'export const home = process.env["HOME"];\n', null);
plant("test/e2e", "await Bun.sleep(10);\nexport const done = true;\n", PROPERTIES, "a.test.ts");
plant("server/store", "await Bun.sleep(10);\nexport const done = true;\n", PROPERTIES, "a.test.ts");
plant(
  "test/e2e",
  'import { setTimeout } from "node:timers/promises";\nawait setTimeout(5);\n',
  IMPORTS,
);

plant("agent", "async function f() {}\nexport function g() {\n  f();\n}\n", "no-floating-promises");
plant(
  "agent",
  "async function f() {}\nexport const g = [1].filter(async () => f());\n",
  "no-misused-promises",
);
plant(
  "agent",
  'export function f(a: "x" | "y"): void {\n  switch (a) {\n    case "x":\n      throw new Error(a);\n  }\n}\n',
  "switch-exhaustiveness-check",
);
plant("agent", "export function f(a: any): string {\n  return String(a);\n}\n", "no-explicit-any");
plant(
  "agent",
  "export function f(a?: string): string {\n  return a!;\n}\n",
  "no-non-null-assertion",
);
plant("agent", "export default 1;\n", "no-default-export");
plant("agent", 'export * from "./slots.ts";\n', "no-barrel-file");
plant("agent", "export const a = 1;\nconsole.log(a);\n", "no-console");
plant("scripts", "console.log(1);\n", null);
plant("agent", `${"// a line\n".repeat(300)}export const a = 1;\n`, "max-lines");
plant("agent", "export const a = 1;\n", "filename-case", "camelCase.ts");
plant("agent", "// @ts-ignore: it is wrong\nexport const a: string = 1;\n", "ban-ts-comment");
plant(
  "agent",
  'import { b } from "./cycle-b.ts";\nexport const a = () => b;\n',
  "no-cycle",
  "cycle-a.ts",
);
plant(
  "agent",
  'import { a } from "./cycle-a.ts";\nexport const b = () => a;\n',
  "no-cycle",
  "cycle-b.ts",
);

interface Diagnostic {
  readonly filename: string;
  readonly code: string;
}

const tree = mkdtempSync(join(tmpdir(), "sluice-walls-"));
const flagged = new Map<string, string[]>();

beforeAll(async () => {
  for (const file of [".oxlintrc.json", "tsconfig.json", "package.json"]) {
    cpSync(join(ROOT, file), join(tree, file));
  }
  symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
  for (const { file, source } of planted) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), source);
  }
  const lint = Bun.spawn([process.execPath, "--bun", "run", "oxlint", "--format=json"], {
    cwd: tree,
    stdout: "pipe",
    stderr: "pipe",
  });
  const report: { diagnostics: Diagnostic[] } = JSON.parse(await new Response(lint.stdout).text());
  await lint.exited;
  for (const { filename, code } of report.diagnostics) {
    flagged.set(filename, [...(flagged.get(filename) ?? []), code]);
  }
}, 60_000);

afterAll(() => rmSync(tree, { recursive: true }));

describe("lint", () => {
  for (const { file, source, rule } of planted) {
    const shown = source.split("\n").find((line) => line !== "// a line") ?? source;
    if (rule === null) {
      test(`lets ${file} say ${shown}`, () => expect(flagged.get(file) ?? []).toEqual([]));
    } else {
      test(`flags ${file} by ${rule}: ${shown}`, () => {
        expect((flagged.get(file) ?? []).some((code) => code.includes(rule))).toBe(true);
      });
    }
  }
});
