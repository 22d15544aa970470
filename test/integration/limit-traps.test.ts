import { afterAll, beforeAll, expect, test } from "bun:test";
import { sweep } from "#server/transitions/sweep.ts";
import { updateConcurrencyLimit } from "#server/transitions/update-concurrency-limit.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { propose } from "#test/support/propose.ts";

const PENDING = { type: "PENDING" } as const;

let w: LeaseWorld;
beforeAll(async () => {
  w = await LeaseWorld.create();
});
afterAll(() => w.database.drop());

/** A deployment with one slot, which its first run has, and a second run. */
async function full(
  name: string,
  strategy: "ENQUEUE" | "CANCEL_NEW",
): Promise<{ id: string; second: string }> {
  const id = await w.deploy(name, 0, "", {
    entrypoint: "flow.py:main",
    concurrency: { limit: 1, strategy, gracePeriodSeconds: null },
  });
  const [first = "", second = ""] = await w.createRuns(2, 0, `work/${name}`);
  expect(await propose(w.ctx, first, PENDING)).toMatchObject({ status: "ACCEPT" });
  return { id, second };
}

test("trap 29: a second run waits for 30 s or is CANCELLED, and a limit of 0 aborts", async () => {
  const waits = await full("waits", "ENQUEUE");
  const before = await w.now();
  expect(await propose(w.ctx, waits.second, PENDING)).toMatchObject({ status: "REJECT" });
  const waiting = await w.run(waits.second);
  expect(waiting).toMatchObject({ type: "SCHEDULED", name: "AwaitingConcurrencySlot" });
  expect(waiting.nextStartAt).toBeGreaterThanOrEqual(before + 30_000);
  await w.database.pool.query(
    "update sluice.flow_run set next_start_at = next_start_at - interval '1 hour' where id = $1",
    [waits.second],
  );
  await sweep(w.ctx);
  expect((await w.run(waits.second)).name).toBe("AwaitingConcurrencySlot");

  const cancels = await full("cancels", "CANCEL_NEW");
  expect(await propose(w.ctx, cancels.second, PENDING)).toMatchObject({ status: "REJECT" });
  expect((await w.run(cancels.second)).type).toBe("CANCELLED");

  await updateConcurrencyLimit(w.ctx, `deployment:${waits.id}`, { limit: 0 });
  expect(await propose(w.ctx, waits.second, PENDING)).toMatchObject({ status: "ABORT" });
});

test("trap 30: a late run of a full deployment is CANCELLED with CANCEL_NEW, and Late with ENQUEUE", async () => {
  const waits = await full("late waits", "ENQUEUE");
  const cancels = await full("late cancels", "CANCEL_NEW");
  const ids = [waits.second, cancels.second];
  await w.database.pool.query(
    "update sluice.flow_run set next_start_at = next_start_at - interval '20 s' where id = any($1)",
    [ids],
  );
  await sweep(w.ctx);
  expect(await w.run(waits.second)).toMatchObject({ type: "SCHEDULED", name: "Late" });
  expect(await w.run(cancels.second)).toMatchObject({ type: "CANCELLED" });
});
