import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { LaunchError } from "#agent/infrastructure/driver.ts";
import { messageOf } from "#shared/errors.ts";
import { eventually } from "#test/support/eventually.ts";
import {
  endProcessAttempts,
  launch,
  living,
  newDriver,
  newJob,
  newPlace,
  outputLines,
  run,
} from "#test/support/process-attempt.ts";
import { inheritedEnvironment } from "./launch.ts";
import { readProcessTable } from "./process-table.ts";
import { claimForAgent } from "./shim.ts";

afterEach(endProcessAttempts);

function isAlive(pid: string | undefined): boolean {
  return readProcessTable().entries.has(Number(pid));
}

describe("how a process ends", () => {
  test("the exit code of the command is the exit code of the attempt", async () => {
    expect((await run("exit 37")).end).toEqual({ kind: "exited", exitCode: 37, signal: "" });
  });

  test("a command that does not exist ends with 127 and says so in its output", async () => {
    const { end, output } = await run("surely-no-such-command");
    expect(end).toEqual({ kind: "exited", exitCode: 127, signal: "" });
    expect(output).toContain("surely-no-such-command");
  });

  test("a file that is not executable ends with 126", async () => {
    const { end } = await run("printf x > plain; chmod -x plain; ./plain");
    expect(end).toEqual({ kind: "exited", exitCode: 126, signal: "" });
  });

  test("a command that a signal ends has 128 plus the signal, and nothing is added to its output", async () => {
    const { end, output } = await run("echo before; kill -TERM $$");
    expect(end).toEqual({ kind: "exited", exitCode: 143, signal: "" });
    expect(output).toBe("before\n");
  });

  test("a shim that is killed ends with the name of the signal", async () => {
    const { end } = await run("kill -KILL 0");
    expect(end).toEqual({ kind: "exited", exitCode: null, signal: "SIGKILL" });
  });

  test("the shim outlives a signal to the whole group and tells the exit code", async () => {
    const { end } = await run("trap 'exit 5' TERM; kill -TERM 0; sleep 5");
    expect(end).toEqual({ kind: "exited", exitCode: 5, signal: "" });
  });
});

describe("what a process is given", () => {
  test("standard output and error go into one file in the order they were written", async () => {
    expect((await run("echo 1; echo 2 >&2; echo 3")).output).toBe("1\n2\n3\n");
  });

  test("output that is not wanted is thrown away", async () => {
    expect((await run("echo 1", { keepOutput: false })).output).toBe("");
  });

  test("standard input is empty", async () => {
    expect((await run("cat; echo end")).output).toBe("end\n");
  });

  test("parameters come in a file, and in a variable while they fit", async () => {
    const small = JSON.stringify({ name: "Ada" });
    expect(
      (
        await run('cat "$SLUICE_PARAMETERS_FILE"; echo; echo "$SLUICE_PARAMETERS"', {
          parametersJson: small,
        })
      ).output,
    ).toBe(`${small}\n${small}\n`);
    const large = JSON.stringify({ text: "x".repeat(600_000) });
    const { output } = await run(
      'wc -c < "$SLUICE_PARAMETERS_FILE"; echo "${SLUICE_PARAMETERS-unset}"',
      { parametersJson: large },
    );
    expect(output).toBe(`${large.length}\nunset\n`);
  });

  test("secrets of the agent are not inherited, and a variable set to null is taken away", async () => {
    const inherited = inheritedEnvironment({
      SLUICE_API_KEY: "k",
      SLUICE_AGENT_TOKEN: "t",
      SLUICE_SERVER_API_KEY: "s",
      SLUICE_DATABASE_URL: "d",
      SLUICE_FAILPOINTS: "f",
      PATH: "/bin",
    });
    expect(inherited).toEqual({ PATH: "/bin" });
    expect((await run('echo "${HOME+set}"')).output).toBe("set\n");
    expect((await run('echo "${HOME+set}"', { unsetEnv: ["HOME"] })).output).toBe("\n");
  });

  test("a fresh working directory is empty, and a given one is used", async () => {
    expect((await run("ls -A | wc -l")).output.trim()).toBe("0");
    expect((await run("pwd", { workingDirectory: "/" })).output).toBe("/\n");
  });

  test("a working directory that is missing is refused before anything starts", async () => {
    const place = newPlace();
    const missing = newJob("echo no", { workingDirectory: "/nowhere/at all" });
    const failure = await newDriver()
      .create(place, missing)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LaunchError);
    expect(messageOf(failure)).toContain("/nowhere/at all does not exist");
  });

  test("a command that is larger than the system allows is a launch error, and never starts", async () => {
    const place = newPlace();
    const huge = newJob(`: ${"x".repeat(300_000)}`);
    const driver = newDriver();
    await driver.create(place, huge);
    const failure = await driver.start(place, huge).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LaunchError);
    expect(messageOf(failure)).toContain("larger than the system allows");
    expect(claimForAgent(place.directory)).toBe("agent");
  });
});

describe("how a tree is ended", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a child of the leader", "sleep 300 & echo $!; wait"],
    ["a grandchild whose parent is gone", "sh -c 'sleep 300 & echo $!'; wait; sleep 300"],
    ["a child in a session of its own", "setsid sh -c 'echo $$; exec sleep 300' & wait"],
    [
      "a child in its own session without the environment",
      "env -i setsid sleep 300 & echo $!; wait",
    ],
    [
      "a child that ignores TERM",
      "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait",
    ],
    ["a stopped child", "sleep 300 & echo $!; kill -STOP $!; wait"],
  ];
  for (const [what, command] of cases) {
    test(`nothing is left of ${what}`, async () => {
      const place = newPlace();
      const infrastructure = await launch(place, command);
      const [pid] = await outputLines(place, 1);
      expect(isAlive(pid)).toBe(true);
      await infrastructure.end(300);
      expect(isAlive(pid)).toBe(false);
      expect(living(place)).toEqual([]);
      await infrastructure.ended;
    });
  }

  test("children that outlive the leader and hold its output do not delay its end, and are then ended", async () => {
    const place = newPlace();
    const infrastructure = await launch(place, "setsid sleep 300 & sleep 301 & echo up; exit 4");
    expect(await infrastructure.ended).toEqual({ kind: "exited", exitCode: 4, signal: "" });
    await eventually(() => living(place).length === 2);
    await infrastructure.end(5000);
    expect(living(place)).toEqual([]);
  });

  test("a process that hears TERM has its grace to clean up", async () => {
    const place = newPlace();
    const infrastructure = await launch(
      place,
      "trap 'echo cleaned; exit 9' TERM; echo up; while :; do sleep 0.02; done",
    );
    await outputLines(place, 1);
    await infrastructure.end(10_000);
    expect(await infrastructure.ended).toEqual({ kind: "exited", exitCode: 9, signal: "" });
    expect(readFileSync(place.outputPath, "utf8")).toEndWith("cleaned\n");
  });

  test("a second order shortens the grace of the first", async () => {
    const place = newPlace();
    const infrastructure = await launch(
      place,
      "trap '' TERM; echo up; while :; do sleep 0.02; done",
    );
    await outputLines(place, 1);
    const first = infrastructure.end(600_000);
    await infrastructure.end(0);
    await first;
    expect(living(place)).toEqual([]);
  });

  test("processes of another attempt are left alone", async () => {
    const other = newPlace();
    await launch(other, "echo up; sleep 300");
    await outputLines(other, 1);
    const place = newPlace();
    const infrastructure = await launch(place, "echo up; sleep 300");
    await outputLines(place, 1);
    await infrastructure.end(1000);
    expect(living(other).length).toBeGreaterThan(0);
  });
});
