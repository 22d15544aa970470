import { describe, expect, test } from "bun:test";
import { isHolder, type LeasedRun, parseLeaseClaim, whyFenced } from "./lease-claim.ts";

const ID = "01900000-0000-7000-8000-000000000001";
const OTHER = "01900000-0000-7000-8000-000000000002";
const run = (fields: Partial<LeasedRun> = {}): LeasedRun => ({
  id: ID,
  stateType: "RUNNING",
  epoch: 3,
  leased: true,
  ...fields,
});
const claim = (epoch: number, flowRunId = ID) => ({ flowRunId, epoch });

describe("a claim", () => {
  test("is read from a run and an epoch, in whatever case, and from nothing else", () => {
    expect(parseLeaseClaim(`${ID.toUpperCase()}:12`)).toEqual(claim(12));
    for (const text of ["", ID, `${ID}:`, `${ID}:-1`, `${ID}:1.5`, `x:${ID}:1`]) {
      expect(parseLeaseClaim(text)).toBeUndefined();
    }
  });

  test("is the holder's if the lease of that very epoch is not over", () => {
    expect(isHolder(run(), claim(3))).toBe(true);
    expect(isHolder(run(), claim(2))).toBe(false);
    expect(isHolder(run({ leased: false }), claim(3))).toBe(false);
    expect(isHolder(run(), claim(3, OTHER))).toBe(false);
    expect(isHolder(run(), null)).toBe(false);
  });
});

describe("a proposal is fenced", () => {
  test("if it comes out of a lease that is over, whatever it is", () => {
    for (const type of ["RUNNING", "COMPLETED", "CANCELLED"] as const) {
      expect(whyFenced(run(), type, claim(2))).toContain("epoch 2");
      expect(whyFenced(run({ leased: false }), type, claim(3))).toContain("epoch 3");
      expect(whyFenced(run(), type, claim(3))).toBeNull();
    }
  });

  test("if it would start what an agent holds", () => {
    for (const stateType of ["SCHEDULED", "PENDING"] as const) {
      expect(whyFenced(run({ stateType }), "PENDING", null)).not.toBeNull();
      expect(whyFenced(run({ stateType }), "RUNNING", null)).not.toBeNull();
      expect(whyFenced(run({ stateType, leased: false }), "PENDING", null)).toBeNull();
    }
  });

  test("not if somebody cancels or ends what an agent holds, or speaks of another run", () => {
    for (const type of ["CANCELLING", "CANCELLED", "FAILED", "SCHEDULED"] as const) {
      expect(whyFenced(run(), type, null)).toBeNull();
      expect(whyFenced(run(), type, claim(1, OTHER))).toBeNull();
    }
    expect(whyFenced(run(), "RUNNING", null)).toBeNull();
  });
});
