import { beforeEach, expect, test } from "bun:test";
import { Holdings } from "./holdings.ts";

const [A, B] = ["a", "b"].map((flowRunId) => ({ flowRunId, epoch: 1 })) as [
  { flowRunId: string; epoch: number },
  { flowRunId: string; epoch: number },
];

let holdings: Holdings;
beforeEach(() => {
  holdings = new Holdings([A]);
});

test("a lease that two heartbeats in a row leave out is dropped, once", () => {
  expect(holdings.beat(1, [])).toEqual([]);
  expect(holdings.beat(2, [])).toEqual([A]);
  expect(holdings.beat(3, [])).toEqual([]);
});

test("a lease that is listed again in between is not dropped", () => {
  expect(holdings.beat(1, [])).toEqual([]);
  expect(holdings.beat(2, [A])).toEqual([]);
  expect(holdings.beat(3, [])).toEqual([]);
});

test("a heartbeat that comes twice counts once", () => {
  for (const sequence of [1, 1, 1]) expect(holdings.beat(sequence, [])).toEqual([]);
});

test("a lease that the agent has not shown to have is not missed", () => {
  for (const sequence of [1, 2, 3]) expect(holdings.beat(sequence, [A])).toEqual([]);
  holdings.shows([B]);
  expect(holdings.beat(4, [A])).toEqual([]);
  expect(holdings.beat(5, [A])).toEqual([B]);
});

test("an end that was told is not missed", () => {
  expect(holdings.beat(1, [])).toEqual([]);
  holdings.letGo([A]);
  expect(holdings.beat(2, [])).toEqual([]);
});

test("what is listed is the last list", () => {
  expect(holdings.listed).toEqual([A]);
  holdings.beat(1, [A, B]);
  expect(holdings.listed).toEqual([A, B]);
});
