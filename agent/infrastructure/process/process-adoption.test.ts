import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  adopt,
  endProcessAttempts,
  launch,
  living,
  newDriver,
  newJob,
  newPlace,
  outputLines,
} from "#test/support/process-attempt.ts";

afterEach(endProcessAttempts);

describe("taking over after a restart of the agent", () => {
  test("an attempt whose shim never ran is claimed, so that a late shim cannot start it", async () => {
    const place = newPlace();
    const driver = newDriver();
    await driver.create(place, newJob("echo ran"));
    const adoption = await driver.adopt(place, null, true);
    expect(adoption.kind).toBe("neverStarted");
    expect((await driver.adopt(place, null, true)).kind).toBe("neverStarted");
    const late = await driver.start(place, newJob("echo ran"));
    expect((await late.ended).kind).toBe("neverStarted");
    expect(readFileSync(place.outputPath, "utf8")).toBe("");
  });

  test("of a shim and an agent that claim at the same time exactly one wins", async () => {
    for (let round = 0; round < 20; round++) {
      const place = newPlace();
      const driver = newDriver();
      await driver.create(place, newJob("echo ran"));
      const started = await driver.start(place, newJob("echo ran"));
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
    await outputLines(place, 1);
    const adopted = await adopt(place, null, true);
    expect(adopted.record).toBe(started.record);
    writeFileSync(join(place.directory, "work", "go"), "");
    expect(await adopted.ended).toEqual({ kind: "exited", exitCode: 21, signal: "" });
  });

  test("a process that ended meanwhile is known by the code it left", async () => {
    const place = newPlace();
    const started = await launch(place, "exit 6");
    await started.ended;
    const adopted = await adopt(place, started.record, true);
    expect(await adopted.ended).toEqual({ kind: "exited", exitCode: 6, signal: "" });
  });

  test("a process that ended meanwhile and could not write its code is known by it all the same", async () => {
    const place = newPlace();
    // Nothing can be written there, as on a full disk.
    mkdirSync(join(place.directory, "rc"), { recursive: true });
    const started = await launch(place, "exit 6");
    await started.ended;
    const adopted = await adopt(place, started.record, true);
    expect(await adopted.ended).toEqual({ kind: "exited", exitCode: 6, signal: "" });
  });

  test("a process that was killed meanwhile is lost, and its children are ended", async () => {
    const place = newPlace();
    const started = await launch(place, "sleep 300 & echo up; wait");
    await outputLines(place, 1);
    process.kill(Number(started.id), "SIGKILL");
    await started.ended;
    const adopted = await adopt(place, started.record, true);
    expect((await adopted.ended).kind).toBe("lost");
    expect(living(place).length).toBeGreaterThan(0);
    await adopted.end(1000);
    expect(living(place)).toEqual([]);
  });

  test("after a restart of the host a recorded pid is nobody's business", async () => {
    const place = newPlace();
    mkdirSync(place.directory);
    const adopted = await adopt(place, `${process.pid} 1`, false);
    const end = await adopted.ended;
    expect(end.kind === "lost" && end.reason).toContain("the host restarted");
    await adopted.end(0);
    writeFileSync(join(place.directory, "rc"), "3\n");
    const again = await adopt(place, `${process.pid} 1`, false);
    expect(await again.ended).toEqual({ kind: "exited", exitCode: 3, signal: "" });
  });

  test("an exit code without its line end is not taken for one", async () => {
    const place = newPlace();
    mkdirSync(place.directory);
    writeFileSync(join(place.directory, "rc"), "12");
    const adopted = await adopt(place, "", false);
    expect((await adopted.ended).kind).toBe("lost");
  });

  test("removing an attempt removes its directory, also what the job made unwritable", async () => {
    const place = newPlace();
    const started = await launch(place, "mkdir locked; touch locked/file; chmod 500 locked");
    await started.ended;
    await newDriver().remove(place);
    expect(existsSync(place.directory)).toBe(false);
  });
});
