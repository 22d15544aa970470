import { describe, expect, test } from "bun:test";
import { factsFor } from "#test/support/rule-case.ts";
import { holdsSlot, refuseWithoutRoom, type SlotRoom } from "./slot-room.ts";

const ROOM: SlotRoom = { isPaused: false, queueFree: null, poolFree: null };
const answer = (room: Partial<SlotRoom>, to: "PENDING" | "RUNNING"): unknown =>
  refuseWithoutRoom(factsFor({ from: "SCHEDULED" }), to, { ...ROOM, ...room }, 29.6);

test("a slot is held by a lease, whatever the state, and by PENDING and RUNNING without one", () => {
  const held = (stateType: "SCHEDULED" | "PENDING" | "RUNNING" | "CANCELLING", leased = false) =>
    holdsSlot({ stateType, leased });
  expect(held("PENDING") && held("RUNNING")).toBe(true);
  expect(held("SCHEDULED") || held("CANCELLING")).toBe(false);
  expect(held("SCHEDULED", true) && held("CANCELLING", true)).toBe(true);
});

describe("a run that wants to start", () => {
  test("may, where nothing is limited or something is left", () => {
    expect(answer({}, "PENDING")).toBeNull();
    expect(answer({ queueFree: 1, poolFree: 1 }, "RUNNING")).toBeNull();
  });

  test("stays as it is when it would become PENDING and there is no room", () => {
    for (const room of [{ queueFree: 0 }, { poolFree: 0 }, { poolFree: -1 }, { isPaused: true }]) {
      expect(answer(room, "PENDING")).toMatchObject({
        status: "REJECT",
        change: null,
        reason: expect.stringContaining("SCHEDULED and does not become PENDING"),
      });
    }
  });

  test("waits whole seconds when it would become RUNNING, but not for the end of a pause", () => {
    expect(answer({ poolFree: 0 }, "RUNNING")).toMatchObject({ status: "WAIT", delaySeconds: 30 });
    expect(answer({ isPaused: true }, "RUNNING")).toBeNull();
  });
});
