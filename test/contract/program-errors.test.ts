import { expect, test } from "bun:test";
import { join } from "node:path";
import { REPOSITORY } from "#test/support/programs.ts";
import { RunningProgram } from "#test/support/running-program.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";

const AGENT = "agent/main.ts";
const SLUICE = "cli/main.ts";
const START = ["server", "start"];

/** What a program says when it gives up, and its exit code. */
async function ending(main: string, words: readonly string[]): Promise<[number | null, string]> {
  using home = new TemporaryDirectory("program errors");
  const program = new RunningProgram({
    name: main,
    command: [process.execPath, join(REPOSITORY, main), ...words],
    environment: { SLUICE_HOME: home.path, SLUICE_GRPC_URL: "http://127.0.0.1:1" },
    directory: home.path,
  });
  const { code } = await program.finished();
  return [code, program.output("stderr")];
}

test.each([
  [AGENT, ["--pol", "x"], "unknown option '--pol'\n  Did you mean --pool?\n  See `agent --help`."],
  [AGENT, ["x"], "too many arguments. Expected 0 arguments but got 1: x.\n  See `agent --help`."],
  [AGENT, [], "--pool: no work pool is given; use --pool NAME or set SLUICE_AGENT_POOL"],
  [AGENT, ["--pool", "a/b"], "--pool: 'a/b' contains '/'; names may not contain / % & > <"],
  [
    AGENT,
    ["--pool", "x", "--limit", "0"],
    "--limit: 0 is out of range; it must be from 1 to 1000000",
  ],
  [
    SLUICE,
    [...START, "--prt", "1"],
    "unknown option '--prt'\n  Did you mean --port?\n  See `sluice server start --help`.",
  ],
  [SLUICE, [...START, "--port", "x"], "--port: 'x' is not a whole number"],
  [SLUICE, [...START, "--tls-cert", "x"], "--tls-key: is missing; --tls-cert needs it"],
])("%s %p ends with 2 and an error that shows the way out", async (main, words, expected) => {
  const [code, text] = await ending(main, words);
  expect(text).toStartWith(`Error: ${expected}`);
  expect(code).toBe(2);
});

test("a control plane that cannot start ends with 1 and the same form of error", async () => {
  const [code, text] = await ending(SLUICE, [...START, "--host", "192.0.2.1", "--no-auth"]);
  expect(text).toStartWith("Error: Cannot listen on port ");
  expect(code).toBe(1);
});
