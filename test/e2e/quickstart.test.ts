import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { findLeftovers } from "#test/support/find-leftovers.ts";
import { eventually } from "#test/support/eventually.ts";
import { REPOSITORY } from "#test/support/programs.ts";
import { RunningProgram } from "#test/support/running-program.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";

const START_MS = 60_000;

/** The quickstart with a home of its own and free ports. */
function quickstart(home: string, ...args: string[]): RunningProgram {
  return new RunningProgram({
    name: "quickstart",
    command: [`${REPOSITORY}scripts/quickstart`, ...args],
    environment: {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      TMPDIR: home,
      SLUICE_HOME: `${home}/sluice home`,
      SLUICE_SERVER_PORT: "0",
      SLUICE_SERVER_GRPC_PORT: "0",
    },
    directory: "/",
  });
}

test(
  "the quickstart runs every sample flow to COMPLETED and leaves no process; a second one reuses what is there",
  async () => {
    using home = new TemporaryDirectory("quickstart");
    const first = quickstart(home.path, "--exit");
    expect((await first.finished(START_MS)).code).toBe(0);
    const said = first.output();
    expect(said).toContain("480 requests from 42 visitors");
    expect(said).toContain("work pool 'local' created");
    const flows = Bun.which("python3") === null ? 2 : 3;
    expect(said.match(/ended COMPLETED/g)).toHaveLength(flows);
    expect(findLeftovers(home.path)).toEqual([]);

    const second = quickstart(home.path, "--exit");
    expect((await second.finished(START_MS)).code).toBe(0);
    expect(second.output()).toContain("work pool 'local' was there");
    expect(second.output()).toContain("Updated deployment 'visits/local'");
    expect(findLeftovers(home.path)).toEqual([]);
  },
  2 * START_MS,
);

test(
  "Ctrl-C stops control plane, agent and what still runs, and the commands it told work until then",
  async () => {
    using home = new TemporaryDirectory("quickstart");
    const program = quickstart(home.path);
    const [, grpcUrl = ""] = await program.line(/SLUICE_GRPC_URL=(\S+) \S+ flow-run ls/, START_MS);
    const started = `${home.path}/started`;
    const sluice = (...words: string[]): RunningProgram =>
      new RunningProgram({
        name: "sluice",
        command: [`${REPOSITORY}dist/sluice`, ...words],
        environment: { HOME: home.path, SLUICE_GRPC_URL: grpcUrl },
        directory: "/",
      });
    const command = `touch '${started}'; exec sleep 600`;
    const deploy = sluice("deploy", "--name", "long/one", "--pool", "local", "--command", command);
    expect((await deploy.finished()).code).toBe(0);
    expect((await sluice("deployment", "run", "long/one").finished()).code).toBe(0);
    await eventually(() => existsSync(started), { timeoutMs: 10_000 });

    program.signal("SIGINT");
    expect((await program.finished(START_MS)).code).toBe(0);
    expect(program.output()).toContain("nothing is left running");
    expect(findLeftovers(home.path)).toEqual([]);
  },
  2 * START_MS,
);

test("a port that another program has is told, with what to do", async () => {
  using home = new TemporaryDirectory("quickstart");
  using other = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response("hi"),
  });
  const program = new RunningProgram({
    name: "quickstart",
    command: [`${REPOSITORY}scripts/quickstart`, "--exit"],
    environment: {
      PATH: process.env["PATH"] ?? "",
      HOME: home.path,
      TMPDIR: home.path,
      SLUICE_SERVER_PORT: String(other.port),
      SLUICE_SERVER_GRPC_PORT: "0",
    },
    directory: "/",
  });
  expect((await program.finished(START_MS)).code).toBe(1);
  expect(program.output()).toContain(`${other.port}`);
  expect(program.output()).toContain("SLUICE_SERVER_PORT=5200");
  expect(findLeftovers(home.path)).toEqual([]);
});
