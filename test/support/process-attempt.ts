import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AttemptPlace, Infrastructure, Job, LeaderEnd } from "#agent/infrastructure/driver.ts";
import { ProcessDriver } from "#agent/infrastructure/process/process-driver.ts";
import { readProcessTable } from "#agent/infrastructure/process/process-table.ts";
import { systemClock } from "#shared/clock.ts";
import { silentLogger } from "#shared/logger.ts";
import { eventually } from "./eventually.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

const cleanups: (() => Promise<void> | void)[] = [];

/** Ends every process and removes every directory that a test made with this file. */
export async function endProcessAttempts(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

/** A process driver of this process. */
export function newDriver(): ProcessDriver {
  return new ProcessDriver({ environment: process.env, clock: systemClock, logger: silentLogger });
}

/** A place for an attempt that nobody else has. */
export function newPlace(): AttemptPlace {
  const home = new TemporaryDirectory("process driver");
  cleanups.push(() => home[Symbol.dispose]());
  const directory = join(home.path, "run");
  return { key: `${crypto.randomUUID()}:1`, directory, outputPath: join(directory, "output") };
}

/** A job of that command. */
export function newJob(command: string, over: Partial<Job> = {}): Job {
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

/** Starts a command. */
export async function launch(
  place: AttemptPlace,
  command: string,
  over: Partial<Job> = {},
): Promise<Infrastructure> {
  const driver = newDriver();
  await driver.create(place, newJob(command, over));
  const infrastructure = await driver.start(place, newJob(command, over));
  cleanups.push(() => infrastructure.end(0));
  return infrastructure;
}

/** Runs a command to its end, and gives the end and the output. */
export async function run(
  command: string,
  over: Partial<Job> = {},
): Promise<{ readonly end: LeaderEnd; readonly output: string }> {
  const place = newPlace();
  const infrastructure = await launch(place, command, over);
  const end = await infrastructure.ended;
  await infrastructure.end(1000);
  return { end, output: readFileSync(place.outputPath, "utf8") };
}

/** Takes over what was started at that place. Fails if it never was. */
export async function adopt(
  place: AttemptPlace,
  record: string | null,
  sameBoot = true,
): Promise<Infrastructure> {
  const adoption = await newDriver().adopt(place, record, sameBoot);
  if (adoption.kind !== "adopted") throw new Error(`not adopted: ${adoption.reason}`);
  cleanups.push(() => adoption.infrastructure.end(0));
  return adoption.infrastructure;
}

/** The processes that carry the tag of the attempt. */
export function living(place: AttemptPlace): readonly number[] {
  return readProcessTable().byTag.get(place.key) ?? [];
}

/** Waits until the command has written so many lines, and gives them. */
export function outputLines(place: AttemptPlace, count: number): Promise<string[]> {
  return eventually(() => {
    const found = readFileSync(place.outputPath, "utf8").split("\n").slice(0, -1);
    return found.length >= count && found;
  });
}
