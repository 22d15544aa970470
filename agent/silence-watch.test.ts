import { afterEach, beforeEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Lease, LostPolicy } from "#proto/sluice/v1/lease.ts";
import { silentLogger } from "#shared/logger.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import type { AttemptPhase } from "./journal-rows.ts";
import { SilenceWatch, type WatchedAttempt } from "./silence-watch.ts";
import type { StopRequest } from "./stop-request.ts";

let home: TemporaryDirectory;
let now: number;
const watches: SilenceWatch[] = [];
beforeEach(() => {
  home = new TemporaryDirectory("silence watch");
  now = 1_000_000;
});
afterEach(() => {
  for (const watch of watches.splice(0)) watch.close();
  home[Symbol.dispose]();
});

/** A watch whose time stands still unless the test moves it. */
function newWatch(bootId = "this-boot"): SilenceWatch {
  const path = join(home.path, "heard");
  const watch = new SilenceWatch({ path, bootId, logger: silentLogger, now: () => now });
  watches.push(watch);
  return watch;
}

class Attempt implements WatchedAttempt {
  readonly key = "run:1";
  readonly lease: Lease;
  phase: AttemptPhase = "running";
  readonly stops: StopRequest[] = [];

  constructor(lostPolicy: LostPolicy = LostPolicy.RESCHEDULE) {
    this.lease = Lease.fromPartial({ lostPolicy, lostAfterMs: 60_000, stopGraceMs: 30_000 });
  }

  stop(request: StopRequest): void {
    this.stops.push(request);
  }

  get graces(): number[] {
    return this.stops.map(({ graceMs }) => graceMs);
  }
}

test("an attempt is stopped with what is left of its grace, and then with none", () => {
  const watch = newWatch();
  const attempt = new Attempt();
  watch.stored(now);
  watch.watch(attempt);
  now += 39_999;
  watch.check();
  expect(attempt.stops).toEqual([]);
  now += 1;
  watch.check();
  now += 5_000;
  watch.check();
  now += 600_000;
  watch.check();
  expect(attempt.graces).toEqual([15_000, 10_000, 0]);
  expect(attempt.stops[0]?.kind).toBe("lost");
});

test("silence counts from the sending of what was stored last, however late that is heard", () => {
  const watch = newWatch();
  const attempt = new Attempt();
  watch.stored(now);
  watch.watch(attempt);
  now += 30_000;
  watch.stored(now - 5_000);
  watch.stored(now - 20_000);
  now += 34_999;
  watch.check();
  expect(attempt.stops).toEqual([]);
  now += 1;
  watch.check();
  expect(attempt.stops).toHaveLength(1);
});

test("only attempts under reschedule that have not ended are stopped", () => {
  const watch = newWatch();
  const [crash, keep] = [new Attempt(LostPolicy.CRASH), new Attempt(LostPolicy.KEEP)];
  const [ended, released] = [new Attempt(), new Attempt()];
  ended.phase = "ended";
  for (const attempt of [crash, keep, ended, released]) watch.watch(attempt);
  watch.release(released);
  now += 3_600_000;
  watch.check();
  for (const attempt of [crash, keep, ended, released]) expect(attempt.stops).toEqual([]);
});

test("the next process of the agent counts on; one of another boot, or without a record, stops at once", () => {
  newWatch().stored(now);
  now += 30_000;
  const [next, rebooted] = [newWatch(), newWatch("next-boot")];
  const [kept, gone, unknown] = [new Attempt(), new Attempt(), new Attempt()];
  next.watch(kept);
  rebooted.watch(gone);
  next.check();
  rebooted.check();
  expect(kept.stops).toEqual([]);
  expect(gone.graces).toEqual([0]);
  writeFileSync(join(home.path, "heard"), "this-boot");
  const broken = newWatch();
  broken.watch(unknown);
  broken.check();
  expect(unknown.graces).toEqual([0]);
});
