import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { newId } from "#shared/ids.ts";
import { CliOnServer, type CliResult } from "#test/support/cli-on-server.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

const START_MS = 30_000;

let server: TestServer;
let folder: TemporaryDirectory;
let cli: CliOnServer;
let pool = "";

const sluice = (words: readonly string[], input = ""): Promise<CliResult> => cli.run(words, input);
const json = (...words: string[]): Promise<unknown> => cli.json(...words);

beforeAll(async () => {
  server = await TestServer.start();
  folder = new TemporaryDirectory("cli operations");
  cli = new CliOnServer(server, folder.path);
}, START_MS);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

beforeEach(async () => {
  pool = `pool-${newId()}`;
  expect((await sluice(["work-pool", "create", pool, "-t", "process"])).code).toBe(0);
});

describe("a run for each line", () => {
  const lines = '{"n": 1}\n\n{"n": "two"}\n{"n": 3}\n';

  test("is created, or refused with the line's number, and once for an idempotency key", async () => {
    const file = join(folder.path, "deployment.yaml");
    writeFileSync(
      file,
      `deployments:\n  - flow: each\n    name: two\n    work_pool: ${pool}\n    command: "true"\n    parameter_schema: {type: object, properties: {n: {type: integer}}}\n`,
    );
    expect((await sluice(["deploy", file])).code).toBe(0);
    const again = ["deployment", "run-each", "each/two", "-", "--idempotency-key", "k"];
    const first = await sluice(again, lines);
    expect(first.code).toBe(1);
    expect(first.out).toContain("Created 2 flow runs.");
    expect(first.err).toContain("1 of 3 lines were refused");
    expect(first.err).toContain("line 3: ");
    const second = await sluice([...again, "-o", "json"], lines);
    expect(JSON.parse(second.out)).toMatchObject([
      { line: 1, created: false, error: null },
      { line: 3, id: null },
      { line: 4, created: false, error: null },
    ]);
    expect(await json("flow-run", "ls", "--deployment", "each/two")).toHaveLength(2);
  });

  test("creates nothing when a line is not JSON, the file is empty or absent", async () => {
    await cli.deploy(pool, "each/none", "true");
    const broken = await sluice(["deployment", "run-each", "each/none", "-"], '{"n": 1}\n{"n": \n');
    expect(broken.code).toBe(2);
    expect(broken.err).toContain("standard input, line 2");
    expect((await sluice(["deployment", "run-each", "each/none", "-"], "\n")).code).toBe(2);
    expect((await sluice(["deployment", "run-each", "each/none", "/absent.jsonl"])).code).toBe(2);
    expect(await json("flow-run", "ls", "--deployment", "each/none")).toEqual([]);
  });
});
