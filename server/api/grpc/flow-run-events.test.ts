import { expect, test } from "bun:test";
import type { LogLineView } from "#server/store/logs.ts";
import { interleaved, type TimedState } from "./flow-run-events.ts";

interface Named extends TimedState {
  readonly name: string;
}

function state(name: string, at: number): Named {
  return { name, at, terminal: name === "Completed" || name === "Failed" };
}

function line(epoch: number, at: number, storedAt = at + 1): LogLineView {
  return { epoch, offset: at, at, storedAt, level: 20, message: `${epoch}@${at}` };
}

/** The order in which all of it is told. */
function order(lines: readonly LogLineView[], states: readonly Named[], epoch = 0): string[] {
  const rows = interleaved(lines, states, epoch);
  const told = rows.flatMap(({ before, lines: row }) => [
    ...before.map(({ name }) => name),
    ...row.map(({ message }) => message),
  ]);
  return [...told, ...states.map(({ name }) => name).filter((name) => !told.includes(name))];
}

test("a state stands in front of the first line that is not older", () => {
  const states = [state("Running", 10), state("Paused", 20), state("Running again", 30)];
  expect(order([line(1, 15), line(1, 20), line(1, 29), line(1, 31)], states)).toEqual([
    "Running",
    "1@15",
    "Paused",
    "1@20",
    "1@29",
    "Running again",
    "1@31",
  ]);
});

test("the end of a run is behind all lines, also those that claim to be younger", () => {
  const states = [state("Running", 10), state("Completed", 20)];
  expect(order([line(1, 12), line(1, 25)], states)).toEqual([
    "Running",
    "1@12",
    "1@25",
    "Completed",
  ]);
});

test("an end that was not the last is told where it was", () => {
  const states = [state("Failed", 20), state("Scheduled", 30), state("Running", 40)];
  expect(order([line(1, 12), line(2, 41)], states, 1)).toEqual([
    "1@12",
    "Failed",
    "Scheduled",
    "Running",
    "2@41",
  ]);
});

test("an attempt has begun before its first line, though the agent's clock is behind", () => {
  const states = [state("AwaitingRetry", 30), state("Running", 40), state("Completed", 60)];
  expect(order([line(1, 12), line(2, 25, 45), line(2, 26, 45)], states, 1)).toEqual([
    "1@12",
    "AwaitingRetry",
    "Running",
    "2@25",
    "2@26",
    "Completed",
  ]);
});

test("lines without a state between them stay together", () => {
  expect(interleaved([line(1, 1), line(1, 2)], [], 1)).toHaveLength(1);
  expect(interleaved([], [state("Running", 1)], 1)).toEqual([]);
});
