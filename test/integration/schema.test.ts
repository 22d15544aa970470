import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";

const ROOT = join(import.meta.dir, "../..");
const TEST_MS = 60_000;

async function check(...args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const child = Bun.spawn([process.execPath, "scripts/database.ts", "--check", ...args], {
    cwd: ROOT,
    stdout: "ignore",
    stderr: "pipe",
  });
  const stderr = await child.stderr.text();
  return { code: await child.exited, stderr };
}

test(
  "schema.sql is what the migrations lead to",
  async () => {
    expect(await check()).toEqual({ code: 0, stderr: "" });
  },
  TEST_MS,
);

test(
  "a schema.sql that differs in one column is refused, with the command that repairs it",
  async () => {
    using directory = new TemporaryDirectory("schema");
    const file = join(directory.path, "schema.sql");
    const schema = readFileSync(join(ROOT, "server/store/schema.sql"), "utf8");
    writeFileSync(file, schema.replace("epoch bigint", "epoch integer"));
    const { code, stderr } = await check("--file", file);
    expect(code).toBe(1);
    expect(stderr).toContain("run: bun scripts/database.ts");
  },
  TEST_MS,
);
