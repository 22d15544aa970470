import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#shared/clock.ts";
import { silentLogger } from "#shared/logger.ts";
import { eventually } from "#test/support/eventually.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { type AttemptPlace, type Infrastructure, type Job, LaunchError } from "#agent/infrastructure/driver.ts";
import { inheritedEnvironment } from "./launch.ts";
import { ProcessDriver } from "./process-driver.ts";
import { readProcessTable } from "./process-table.ts";
import { claimForAgent } from "./shim.ts";

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newDriver(environment: Record<string, string | undefined> = process.env): ProcessDriver {
  return new ProcessDriver({ environment, clock: systemClock, logger: silentLogger });
}

function newPlace(): AttemptPlace {
  const home = new TemporaryDirectory("process driver");
  cleanups.push(() => home[Symbol.dispose]());
  const key = `${crypto.randomUUID()}:1`;
  const directory = join(home.path, "run");
  return { key, directory, outputPath: join(directory, "output") };
}

function job(command: string, over: Partial<Job> = {}): Job {
  return {
    command,
    env: {},
    unsetEnv: [],
    parametersJson: "{}",
    workingDirectory: null,
    keepOutput: true,
    ...over,
  };
}

async function launch(
  place: AttemptPlace,
  command: string,
  over: Partial<Job> = {},
): Promise<Infrastructure> {
  const driver = newDriver();
  await driver.create(place, job(command, over));
  const infrastructure = await driver.start(place, job(command, over));
  cleanups.push(() => infrastructure.end(0));
  return infrastructure;
}

/** Runs a command to its end, and gives the end and the output. */
async function run(
  command: string,
  over: Partial<Job> = {},
): Promise<{ end: Awaited<Infrastructure["ended"]>; output: string }> {
  const place = newPlace();
  const infrastructure = await launch(place, command, over);
  const end = await infrastructure.ended;
  await infrastructure.end(1000);
  return { end, output: readFileSync(place.outputPath, "utf8") };
}

function living(place: AttemptPlace): number[] {
  return [...(readProcessTable().byTag.get(place.key) ?? [])];
}

/** Waits until a command has written so many lines of its own, and gives them. */
function lines(place: AttemptPlace, count: number): Promise<string[]> {
  return eventually(() => {
    const found = readFileSync(place.outputPath, "utf8").split("\n").slice(0, -1);
    return found.length >= count && found;
  });
}

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
    expect((await run('cat "$SLUICE_PARAMETERS_FILE"; echo; echo "$SLUICE_PARAMETERS"', { parametersJson: small })).output).toBe(`${small}\n${small}\n`);
    const large = JSON.stringify({ text: "x".repeat(600_000) });
    const { output } = await run('wc -c < "$SLUICE_PARAMETERS_FILE"; echo "${SLUICE_PARAMETERS-unset}"', { parametersJson: large });
    expect(output).toBe(`${large.length}\nunset\n`);
  });

  test("secrets of the agent are not inherited, and a variable set to null is taken away", async () => {
    const inherited = inheritedEnvironment({ SLUICE_API_KEY: "k", SLUICE_AGENT_TOKEN: "t", SLUICE_SERVER_API_KEY: "s", SLUICE_DATABASE_URL: "d", SLUICE_FAILPOINTS: "f", PATH: "/bin" });
    expect(inherited).toEqual({ PATH: "/bin" });
    process.env["SLUICE_TEST_INHERITED"] = "yes";
    cleanups.push(() => void delete process.env["SLUICE_TEST_INHERITED"]);
    expect((await run('echo "${SLUICE_TEST_INHERITED-unset}"')).output).toBe("yes\n");
    expect((await run('echo "${SLUICE_TEST_INHERITED-unset}"', { unsetEnv: ["SLUICE_TEST_INHERITED"] })).output).toBe("unset\n");
  });

  test("a fresh working directory is empty, and a given one is used", async () => {
    expect((await run("ls -A | wc -l")).output.trim()).toBe("0");
    expect((await run("pwd", { workingDirectory: "/" })).output).toBe("/\n");
  });

  test("a working directory that is missing is refused before anything starts", async () => {
    const place = newPlace();
    const missing = job("echo no", { workingDirectory: "/nowhere/at all" });
    await expect(newDriver().create(place, missing)).rejects.toThrow(LaunchError);
    await expect(newDriver().create(place, missing)).rejects.toThrow("/nowhere/at all does not exist");
  });

  test("a command that is larger than the system allows is a launch error, and never starts", async () => {
    const place = newPlace();
    const huge = job(`: ${"x".repeat(300_000)}`);
    const driver = newDriver();
    await driver.create(place, huge);
    await expect(driver.start(place, huge)).rejects.toThrow("larger than the system allows");
    expect(claimForAgent(place.directory)).toBe("agent");
  });
});

describe("how a tree is ended", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a child of the leader", "sleep 300 & echo $!; wait"],
    ["a grandchild whose parent is gone", "sh -c 'sleep 300 & echo $!'; wait; sleep 300"],
    ["a child in a session of its own", "setsid sh -c 'echo $$; exec sleep 300' & wait"],
    ["a child in its own session without the environment", "env -i setsid sleep 300 & echo $!; wait"],
    ["a child that ignores TERM", "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait"],
    ["a stopped child", "sleep 300 & echo $!; kill -STOP $!; wait"],
  ];
  for (const [what, command] of cases) {
    test(`nothing is left of ${what}`, async () => {
      const place = newPlace();
      const infrastructure = await launch(place, command);
      const [pid] = await lines(place, 1);
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
    const infrastructure = await launch(place, "trap 'echo cleaned; exit 9' TERM; echo up; while :; do sleep 0.02; done");
    await lines(place, 1);
    await infrastructure.end(10_000);
    expect(await infrastructure.ended).toEqual({ kind: "exited", exitCode: 9, signal: "" });
    expect(readFileSync(place.outputPath, "utf8")).toEndWith("cleaned\n");
  });

  test("a second order shortens the grace of the first", async () => {
    const place = newPlace();
    const infrastructure = await launch(place, "trap '' TERM; echo up; while :; do sleep 0.02; done");
    await lines(place, 1);
    const first = infrastructure.end(600_000);
    await infrastructure.end(0);
    await first;
    expect(living(place)).toEqual([]);
  });

  test("processes of another attempt are left alone", async () => {
    const other = newPlace();
    await launch(other, "echo up; sleep 300");
    await lines(other, 1);
    const place = newPlace();
    const infrastructure = await launch(place, "echo up; sleep 300");
    await lines(place, 1);
    await infrastructure.end(1000);
    expect(living(other).length).toBeGreaterThan(0);
  });
});

describe("taking over after a restart of the agent", () => {
  test("an attempt whose shim never ran is claimed, so that a late shim cannot start it", async () => {
    const place = newPlace();
    const driver = newDriver();
    await driver.create(place, job("echo ran"));
    const adoption = await driver.adopt(place, null, true);
    expect(adoption.kind).toBe("neverStarted");
    expect((await driver.adopt(place, null, true)).kind).toBe("neverStarted");
    const late = await driver.start(place, job("echo ran"));
    expect((await late.ended).kind).toBe("neverStarted");
    expect(readFileSync(place.outputPath, "utf8")).toBe("");
  });

  test("of a shim and an agent that claim at the same time exactly one wins", async () => {
    for (let round = 0; round < 20; round++) {
      const place = newPlace();
      const driver = newDriver();
      await driver.create(place, job("echo ran"));
      const started = await driver.start(place, job("echo ran"));
      const adoption = await driver.adopt(place, null, true);
      const end = await started.ended;
      const ran = readFileSync(place.outputPath, "utf8") === "ran\n";
      expect({ ran, end: end.kind, adoption: adoption.kind }).toEqual(
        ran
          ? { ran, end: "exited", adoption: "adopted" }
          : { ran, end: "neverStarted", adoption: "neverStarted" },
      );
    }
  });

  test("a running process is found without its record, and its exit code arrives", async () => {
    const place = newPlace();
    const started = await launch(place, "echo up; while [ ! -e go ]; do sleep 0.02; done; exit 21");
    await lines(place, 1);
    const adoption = await newDriver().adopt(place, null, true);
    if (adoption.kind !== "adopted") throw new Error("not adopted");
    expect(adoption.infrastructure.record).toBe(started.record);
    writeFileSync(join(place.directory, "work", "go"), "");
    expect(await adoption.infrastructure.ended).toEqual({ kind: "exited", exitCode: 21, signal: "" });
  });

  test("a process that ended meanwhile is known by the code it left", async () => {
    const place = newPlace();
    const started = await launch(place, "exit 6");
    await started.ended;
    const adoption = await newDriver().adopt(place, started.record, true);
    if (adoption.kind !== "adopted") throw new Error("not adopted");
    expect(await adoption.infrastructure.ended).toEqual({ kind: "exited", exitCode: 6, signal: "" });
  });

  test("a process that was killed meanwhile is lost, and its children are ended", async () => {
    const place = newPlace();
    const started = await launch(place, "sleep 300 & echo up; wait");
    await lines(place, 1);
    process.kill(Number(started.id), "SIGKILL");
    await started.ended;
    const adoption = await newDriver().adopt(place, started.record, true);
    if (adoption.kind !== "adopted") throw new Error("not adopted");
    expect((await adoption.infrastructure.ended).kind).toBe("lost");
    expect(living(place).length).toBeGreaterThan(0);
    await adoption.infrastructure.end(1000);
    expect(living(place)).toEqual([]);
  });

  test("after a restart of the host a recorded pid is nobody's business", async () => {
    const place = newPlace();
    mkdirSync(place.directory);
    const adoption = await newDriver().adopt(place, `${process.pid} 1`, false);
    if (adoption.kind !== "adopted") throw new Error("not adopted");
    const end = await adoption.infrastructure.ended;
    expect(end.kind === "lost" && end.reason).toContain("the host restarted");
    await adoption.infrastructure.end(0);
    writeFileSync(join(place.directory, "rc"), "3\n");
    const again = await newDriver().adopt(place, `${process.pid} 1`, false);
    if (again.kind !== "adopted") throw new Error("not adopted");
    expect(await again.infrastructure.ended).toEqual({ kind: "exited", exitCode: 3, signal: "" });
  });

  test("an exit code without its line end is not taken for one", async () => {
    const place = newPlace();
    mkdirSync(place.directory);
    writeFileSync(join(place.directory, "rc"), "12");
    const adoption = await newDriver().adopt(place, "", false);
    if (adoption.kind !== "adopted") throw new Error("not adopted");
    expect((await adoption.infrastructure.ended).kind).toBe("lost");
  });

  test("removing an attempt removes its directory, also what the job made unwritable", async () => {
    const place = newPlace();
    const started = await launch(place, "mkdir locked; touch locked/file; chmod 500 locked");
    await started.ended;
    await newDriver().remove(place);
    expect(existsSync(place.directory)).toBe(false);
  });
});
