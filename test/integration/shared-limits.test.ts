import { expect, test } from "bun:test";
import fc from "fast-check";
import { applyReports } from "#server/transitions/apply-reports.ts";
import type { GrantedLease } from "#server/transitions/grant-leases.ts";
import { setFlowRunState } from "#server/transitions/set-flow-run-state.ts";
import { sweep } from "#server/transitions/sweep.ts";
import type { StateType } from "#shared/states.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";

const POOL_LIMIT = 4;
const QUEUE_LIMIT = 2;
const RUNS = 12;

/** What somebody does: an agent claims or ends, or a Prefect worker proposes a state of a run. */
type Step =
  | { readonly do: "claim"; readonly slots: number }
  | { readonly do: "end"; readonly nth: number }
  | { readonly do: "propose"; readonly run: number; readonly type: StateType };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("claim" as const), slots: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant("end" as const), nth: fc.nat(20) }),
  fc.record({
    do: fc.constant("propose" as const),
    run: fc.nat(RUNS - 1),
    type: fc.constantFrom<StateType>(
      "PENDING",
      "PENDING",
      "PENDING",
      "RUNNING",
      "FAILED",
      "CRASHED",
      "SCHEDULED",
      "CANCELLING",
    ),
  }),
);

/** How many slots are held, in one snapshot. */
async function held(world: LeaseWorld): Promise<{ pool: number; queue: number }> {
  const { rows } = await world.database.pool.query<{ pool: number; queue: number }>(
    `with slot as (
       select l.work_queue_id from sluice.lease l where l.ended_at is null
       union all
       select r.work_queue_id from sluice.flow_run r
        where r.state_type in ('PENDING', 'RUNNING') and not r.leased)
     select count(*)::integer as pool,
            (count(*) filter (where q.name = 'narrow'))::integer as queue
       from slot s join sluice.work_queue q on q.id = s.work_queue_id`,
  );
  return rows[0] ?? { pool: 0, queue: 0 };
}

test("whatever agents and Prefect workers do at once, the limits of pool and queue hold at every instant", async () => {
  let most = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 4, maxLength: 10 }), { minLength: 3, maxLength: 6 }),
      async (rounds) => {
        const world = await LeaseWorld.create({ limit: POOL_LIMIT, retries: 1 });
        try {
          await world.deploy("narrow", 1, "narrow");
          await world.database.pool.query(
            "update sluice.work_queue set concurrency_limit = $1 where name = 'narrow'",
            [QUEUE_LIMIT],
          );
          const runs = [
            ...(await world.createRuns(RUNS / 2)),
            ...(await world.createRuns(RUNS / 2, 0, "work/narrow")),
          ];
          const agent = await world.hello();
          const leases: GrantedLease[] = [];
          const act = async (one: Step): Promise<void> => {
            if (one.do === "claim") leases.push(...(await world.claim(agent, one.slots)));
            else if (one.do === "end") {
              const [lease] = leases.splice(one.nth % Math.max(1, leases.length), 1);
              if (lease === undefined) return;
              const event = {
                kind: "crashed",
                reason: "x",
                neverStarted: true,
                lostContact: false,
              } as const;
              await applyReports(world.ctx, [{ ...lease, ...agent, sequence: 1, event }]);
            } else {
              const flowRunId = runs[one.run] ?? "";
              const state = { type: one.type };
              await setFlowRunState(world.ctx, { flowRunId, state, force: false, claim: null });
            }
          };
          for (const round of rounds) {
            let acting = true;
            const watching = (async () => {
              while (acting) {
                const now = await held(world);
                most = Math.max(most, now.pool);
                expect(now.pool).toBeLessThanOrEqual(POOL_LIMIT);
                expect(now.queue).toBeLessThanOrEqual(QUEUE_LIMIT);
              }
            })();
            await Promise.all(round.map(act));
            acting = false;
            await watching;
          }
        } finally {
          await world.database.drop();
        }
      },
    ),
    { numRuns: 12 },
  );
  // Nothing would be shown by runs that never came near the limit.
  expect(most).toBe(POOL_LIMIT);
}, 60_000);

test("a run in a worker's hands that nobody says has stopped is CANCELLED after the deadline", async () => {
  const world = await LeaseWorld.create({ limit: 1 });
  try {
    const [run = ""] = await world.createRuns(1);
    const propose = (type: StateType): Promise<unknown> =>
      setFlowRunState(world.ctx, { flowRunId: run, state: { type }, force: false, claim: null });
    for (const type of ["PENDING", "RUNNING", "CANCELLING"] as const) await propose(type);
    const later = (seconds: number): Promise<unknown> =>
      world.database.pool.query(
        "update sluice.flow_run set state_at = state_at - make_interval(secs => $1)",
        [seconds],
      );
    await world.age(400);
    await later(290);
    await sweep(world.ctx);
    expect((await world.run(run)).type).toBe("CANCELLING");
    await later(20);
    await sweep(world.ctx);
    expect(await world.run(run)).toMatchObject({
      type: "CANCELLED",
      message: expect.stringContaining("300 s"),
    });
  } finally {
    await world.database.drop();
  }
});
