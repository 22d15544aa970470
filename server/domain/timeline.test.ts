import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type AttemptStamps, timeline } from "./timeline.ts";

const NOW = 1_700_000_000_000;

const anyStamp = fc
  .tuple(fc.integer({ min: -10_000, max: 10_000_000 }), fc.integer({ min: 0, max: 999 }))
  .map(([ms, us]) => NOW + ms + us / 1000);
const maybeStamp = fc.option(anyStamp, { nil: null });
const maybeSpan = fc.option(fc.integer({ min: 0, max: 10_000_000_000 }), { nil: null });

const anyAttempt: fc.Arbitrary<AttemptStamps> = fc.record({
  submittedAt: anyStamp,
  eligibleAt: anyStamp,
  grantedAt: anyStamp,
  sentAfterUs: maybeSpan,
  acceptedAt: maybeStamp,
  startGrantedAt: maybeStamp,
  startedAfterUs: maybeSpan,
  firstOutputAfterUs: maybeSpan,
  exitedAfterUs: maybeSpan,
  reportedAt: maybeStamp,
});

const WHOLE: AttemptStamps = {
  submittedAt: NOW,
  eligibleAt: NOW,
  grantedAt: NOW + 2,
  sentAfterUs: 750,
  acceptedAt: NOW + 3,
  startGrantedAt: NOW + 4.25,
  startedAfterUs: 1500,
  firstOutputAfterUs: 2000,
  exitedAfterUs: 100_000,
  reportedAt: NOW + 106,
};

function micros(ms: number): number {
  return Math.round(ms * 1000);
}

describe("timeline", () => {
  test("a whole attempt has all hops, the agent's placed by their distance from the start", () => {
    expect(timeline(WHOLE)).toEqual([
      { name: "submitted", at: NOW, sincePreviousMs: 0 },
      { name: "eligible", at: NOW, sincePreviousMs: 0 },
      { name: "claimed", at: NOW + 2, sincePreviousMs: 2 },
      { name: "sent", at: NOW + 2.75, sincePreviousMs: 0.75 },
      { name: "accepted", at: NOW + 3, sincePreviousMs: 0.25 },
      { name: "start_granted", at: NOW + 4.25, sincePreviousMs: 1.25 },
      { name: "process_started", at: NOW + 5.75, sincePreviousMs: 1.5 },
      { name: "first_output", at: NOW + 6.25, sincePreviousMs: 0.5 },
      { name: "exited", at: NOW + 104.25, sincePreviousMs: 98 },
      { name: "reported", at: NOW + 106, sincePreviousMs: 1.75 },
    ]);
  });

  test("a run that was fetched before it was due was eligible when it was claimed", () => {
    const hops = timeline({ ...WHOLE, eligibleAt: NOW + 3 });
    expect(hops[1]).toEqual({ name: "eligible", at: NOW + 2, sincePreviousMs: 2 });
    expect(hops[2]).toMatchObject({ name: "claimed", at: NOW + 2 });
  });

  test("what did not happen is no hop", () => {
    const hops = timeline({ ...WHOLE, firstOutputAfterUs: null, reportedAt: null });
    expect(hops.map((hop) => hop.name)).not.toContain("first_output");
    expect(hops.at(-1)?.name).toBe("exited");
  });

  test("spans without the moment they count from are no hops", () => {
    const hops = timeline({ ...WHOLE, startGrantedAt: null });
    expect(hops.map((hop) => hop.name)).toEqual([
      "submitted",
      "eligible",
      "claimed",
      "sent",
      "accepted",
      "reported",
    ]);
  });

  test("a report stored before the agent's clock says the process ended is put at that end", () => {
    const hops = timeline({ ...WHOLE, reportedAt: NOW + 50 });
    expect(hops.at(-1)).toEqual({ name: "reported", at: NOW + 104.25, sincePreviousMs: 0 });
  });

  test("the distances add up exactly and never go backwards", () => {
    fc.assert(
      fc.property(anyAttempt, (stamps) => {
        const hops = timeline(stamps);
        const [first] = hops;
        const last = hops.at(-1);
        if (first === undefined || last === undefined) throw new Error("no hops");
        const sum = hops.reduce((total, hop) => total + micros(hop.sincePreviousMs), 0);
        expect(sum).toBe(micros(last.at) - micros(first.at));
        expect(first.sincePreviousMs).toBe(0);
        for (const hop of hops) expect(hop.sincePreviousMs).toBeGreaterThanOrEqual(0);
        expect(hops.map((hop) => hop.at)).toEqual(
          hops.map((hop) => hop.at).toSorted((a, b) => a - b),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
