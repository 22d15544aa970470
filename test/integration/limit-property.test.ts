import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { applyReports } from "#server/transitions/apply-reports.ts";
import { cancelFlowRun } from "#server/transitions/cancel-flow-run.ts";
import { createConcurrencyLimit } from "#server/transitions/create-concurrency-limit.ts";
import { createWorkPool } from "#server/transitions/create-work-pool.ts";
import { type GrantedLease, grantLeases } from "#server/transitions/grant-leases.ts";
import { grantStarts } from "#server/transitions/grant-starts.ts";
import { openAgentSession } from "#server/transitions/open-agent-session.ts";
import { returnLeases } from "#server/transitions/return-leases.ts";
import { sweep } from "#server/transitions/sweep.ts";
import { takeSlots } from "#server/transitions/take-slots.ts";
import { releaseSlotLease } from "#server/transitions/give-slots.ts";
import { newId } from "#shared/ids.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { propose } from "#test/support/propose.ts";

const AGENTS_PER_POOL = 3;
const RUNS_PER_DEPLOYMENT = 12;
const TIMEOUT_MS = 120_000;

let world: LeaseWorld;
beforeAll(async () => {
  // Nothing is taken back for being slow: who lost a slot that way would not know it here.
  world = await LeaseWorld.create({ numbers: { acceptTimeoutSeconds: 3_600 } });
}, 30_000);
afterAll(() => world.database.drop());

interface Claimer {
  readonly agentId: string;
  readonly session: number;
  readonly poolId: string;
  readonly leases: GrantedLease[];
  lost: boolean;
}

/**
 * One limit with two deployments in two pools, a deployment of a worker, and programs: all who hold a
 * slot are in `held` from when they know it until they begin to give it back, which is less than they
 * really hold it.
 */
class LimitedWorld {
  readonly limit: number;
  readonly held = new Set<string>();
  readonly claimers: Claimer[] = [];
  readonly leased: string[] = [];
  workerRuns: string[] = [];
  most = 0;
  #limitId = "";
  readonly #name = newId();

  constructor(limit: number) {
    this.limit = limit;
  }

  async prepare(): Promise<void> {
    const fresh = { slotsHeld: 0, slotDecayPerSecond: 0, deniedSlots: 0, active: true };
    this.#limitId = await createConcurrencyLimit(world.ctx, {
      name: this.#name,
      limit: this.limit,
      ...fresh,
    });
    for (const place of ["a", "b"]) {
      const poolName = `${this.#name}-${place}`;
      const poolId = await createWorkPool(world.ctx, {
        name: poolName,
        type: "process",
        description: "",
        isPaused: false,
        concurrencyLimit: null,
      });
      await this.#deploy(poolName, poolName);
      for (let n = 0; n < AGENTS_PER_POOL; n += 1) {
        const agentId = newId();
        await openAgentSession(world.ctx, {
          agentId,
          session: 1,
          name: `agent-${n}`,
          workPoolName: poolName,
          type: "",
          workQueueNames: [],
          limit: null,
          prefetchSeconds: 0,
          version: "0",
          hostname: "here",
          held: [],
          createPoolIfNotFound: false,
        });
        this.claimers.push({ agentId, session: 1, poolId, leases: [], lost: false });
      }
    }
    this.workerRuns = await this.#deploy(`${this.#name}-worker`, "");
  }

  async #deploy(name: string, workPoolName: string): Promise<string[]> {
    await world.deploy(name, 0, "", {
      workPoolName,
      concurrency: {
        limit: { id: this.#limitId },
        strategy: "ENQUEUE",
        gracePeriodSeconds: null,
      },
    });
    return world.createRuns(RUNS_PER_DEPLOYMENT, 0, `work/${name}`);
  }

  #hold(key: string): void {
    this.held.add(key);
    this.most = Math.max(this.most, this.held.size);
  }

  async claim(claimer: Claimer, freeSlots: number): Promise<void> {
    const { agentId, session, poolId } = claimer;
    const { leases } = await grantLeases(world.ctx, poolId, [{ agentId, session, freeSlots }]);
    for (const lease of leases) {
      claimer.leases.push(lease);
      this.#hold(lease.flowRunId);
    }
  }

  async start(claimer: Claimer): Promise<void> {
    const asked = [...claimer.leases];
    const answers = await grantStarts(world.ctx, asked);
    for (const [index, lease] of asked.entries()) {
      // Refused: it had been cancelled.
      if (answers[index]?.decision === "refused") this.#drop(claimer, lease);
    }
  }

  #drop(claimer: Claimer, lease: GrantedLease): void {
    const index = claimer.leases.indexOf(lease);
    if (index !== -1) claimer.leases.splice(index, 1);
    this.held.delete(lease.flowRunId);
  }

  async end(claimer: Claimer): Promise<void> {
    const [lease] = claimer.leases;
    if (lease === undefined) return;
    this.#drop(claimer, lease);
    const event = { kind: "crashed", reason: "ended", neverStarted: false, lostContact: false };
    await applyReports(world.ctx, [
      { ...lease, sequence: 1, event: { ...event, kind: "crashed" } },
    ]);
  }

  async giveBack(claimer: Claimer): Promise<void> {
    const [lease] = claimer.leases;
    if (lease === undefined) return;
    this.#drop(claimer, lease);
    await returnLeases(world.ctx, [{ ...lease, reason: "drained" }]);
  }

  async cancel(claimer: Claimer): Promise<void> {
    const [lease] = claimer.leases;
    if (lease === undefined) return;
    // From now on its slot may be free before this side knows.
    this.held.delete(lease.flowRunId);
    await cancelFlowRun(world.ctx, lease.flowRunId).catch(() => {});
  }

  /** The agent falls silent for ever, and what it held is given up. */
  async lose(claimer: Claimer): Promise<void> {
    claimer.lost = true;
    for (const lease of [...claimer.leases]) this.#drop(claimer, lease);
    await world.database.pool.query(
      "update sluice.agent set last_seen_at = last_seen_at - interval '1 hour' where id = $1",
      [claimer.agentId],
    );
    await world.database.pool.query(
      "update sluice.liveness set grace_from = grace_from - interval '1 hour'",
    );
    await sweep(world.ctx);
  }

  async workerTakes(): Promise<void> {
    const id = this.workerRuns.shift();
    if (id === undefined) return;
    const answer = await propose(world.ctx, id, { type: "PENDING" });
    if (answer.status === "ACCEPT") this.#hold(id);
  }

  async programTakes(): Promise<void> {
    const lease = { seconds: 60, holder: null };
    const asked = { names: [this.#name], slots: 1, mode: "concurrency", lease } as const;
    const answer = await takeSlots(world.ctx, asked);
    if (!answer.taken || answer.leaseId === null) return;
    this.leased.push(answer.leaseId);
    this.#hold(answer.leaseId);
  }

  async programGives(): Promise<void> {
    const id = this.leased.shift();
    if (id === undefined) return;
    this.held.delete(id);
    await releaseSlotLease(world.ctx, id);
  }

  /** What the database counts, and the most that its leases say were held at one time. */
  async counted(): Promise<{ now: number; most: number }> {
    const { rows } = await world.database.pool.query<{ now: number; most: number }>(
      `with mine as (
         select l.granted_at, coalesce(l.ended_at, 'infinity') as ended_at
           from sluice.deployment d
           join sluice.flow_run r on r.deployment_id = d.id
           join sluice.lease l on l.flow_run_id = r.id
          where d.concurrency_limit_id = $1
       )
       select (select (u.loose + u.leased + u.in_hand)::integer
                 from sluice.limit_use($1) u) as now,
              coalesce((select max((select count(*) from mine o
                                     where o.granted_at <= m.granted_at
                                       and o.ended_at > m.granted_at))
                          from mine m), 0)::integer as most`,
      [this.#limitId],
    );
    return rows[0] ?? { now: -1, most: -1 };
  }
}

type Step = (w: LimitedWorld) => Promise<void>;

const anyClaimer = fc.nat({ max: 2 * AGENTS_PER_POOL - 1 });
const onClaimer = (
  act: (w: LimitedWorld, claimer: Claimer, n: number) => Promise<void>,
): fc.Arbitrary<Step> =>
  fc.tuple(anyClaimer, fc.integer({ min: 1, max: 6 })).map(([index, n]) => async (w) => {
    const claimer = w.claimers[index];
    if (claimer?.lost === false) await act(w, claimer, n);
  });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: onClaimer((w, claimer, n) => w.claim(claimer, n)) },
  { weight: 2, arbitrary: onClaimer((w, claimer) => w.start(claimer)) },
  { weight: 2, arbitrary: onClaimer((w, claimer) => w.end(claimer)) },
  { weight: 1, arbitrary: onClaimer((w, claimer) => w.giveBack(claimer)) },
  { weight: 1, arbitrary: onClaimer((w, claimer) => w.cancel(claimer)) },
  { weight: 1, arbitrary: onClaimer((w, claimer) => w.lose(claimer)) },
  { weight: 2, arbitrary: fc.constant<Step>((w) => w.workerTakes()) },
  { weight: 2, arbitrary: fc.constant<Step>((w) => w.programTakes()) },
  { weight: 1, arbitrary: fc.constant<Step>((w) => w.programGives()) },
);

/** What happens at once, one after another. */
const script = fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), {
  minLength: 4,
  maxLength: 10,
});

test(
  "no more slots than the limit are held at any instant, whoever takes and gives them at once",
  async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), script, async (limit, batches) => {
        const limited = new LimitedWorld(limit);
        await limited.prepare();
        for (const batch of batches) {
          await Promise.all(batch.map((act) => act(limited)));
          const { now, most } = await limited.counted();
          expect(now).toBeLessThanOrEqual(limit);
          expect(most).toBeLessThanOrEqual(limit);
          expect(limited.held.size).toBeLessThanOrEqual(now);
        }
        expect(limited.most).toBeLessThanOrEqual(limit);
        taken += limited.most;
      }),
      { numRuns: 12 },
    );
    // The limit was reached, not only kept.
    expect(taken).toBeGreaterThan(12);
  },
  TIMEOUT_MS,
);
