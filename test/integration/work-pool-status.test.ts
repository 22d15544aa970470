import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeAgentSession } from "#server/transitions/close-agent-session.ts";
import { createWorkPool } from "#server/transitions/create-work-pool.ts";
import { deleteWorkPool } from "#server/transitions/delete-work-pool.ts";
import { refreshPoolStatuses } from "#server/transitions/refresh-pool-statuses.ts";
import { updateWorkPool } from "#server/transitions/update-work-pool.ts";
import { newId } from "#shared/ids.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { eventsOf, poolEvents } from "#test/support/stored-events.ts";

let world: LeaseWorld;
beforeAll(async () => {
  world = await LeaseWorld.create();
}, 60_000);
afterAll(() => world.database.drop());

interface StatusRow {
  readonly status: string;
  readonly eventId: string | null;
  readonly at: number | null;
}

async function stored(name = world.poolName): Promise<StatusRow> {
  const { rows } = await world.database.pool.query<StatusRow>(
    `select status, last_status_event_id as "eventId", last_transitioned_status_at as at
       from sluice.work_pool where name = $1`,
    [name],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`no pool ${name}`);
  return row;
}

const told = (): Promise<string[]> => poolEvents(world.database.pool, world.poolId);

describe("the stored status", () => {
  test("is what the last event tells, whose id stands beside it", async () => {
    const steps = [
      () => updateWorkPool(world.ctx, "local", { isPaused: true }),
      () => updateWorkPool(world.ctx, "local", { isPaused: false }),
      () => world.hello(),
    ];
    for (const step of steps) {
      await step();
      const events = await eventsOf(world.database.pool, world.poolId);
      const last = events.at(-1);
      const before = events.at(-2);
      const { status, eventId, at } = await stored();
      expect(last?.event).toBe(`prefect.work-pool.${status.toLowerCase().replace("_", "-")}`);
      expect({ id: last?.id, follows: last?.follows }).toEqual({
        id: eventId ?? undefined,
        follows: before?.id,
      });
      expect(last).toMatchObject({
        payload: {},
        resource: { "prefect.resource.name": "local", "prefect.work-pool.type": "process" },
        related: [],
      });
      expect((await world.now()) - (at ?? 0)).toBeLessThan(60_000);
    }
    expect(await told()).toEqual(["created", "not-ready", "paused", "not-ready", "ready"]);
  });

  test("is told once by the first of many agents that say hello at once", async () => {
    const other = await LeaseWorld.create();
    await Promise.all(Array.from({ length: 8 }, () => other.hello()));
    expect(await poolEvents(other.database.pool, other.poolId)).toEqual([
      "created",
      "not-ready",
      "ready",
    ]);
    await other.database.drop();
  });

  test("stays READY while an agent changes its stream, and ends when nobody was heard for long", async () => {
    const other = await LeaseWorld.create();
    const { pool } = other.database;
    const agent = await other.hello();
    await closeAgentSession(other.ctx, agent);
    await refreshPoolStatuses(other.ctx);
    expect(await poolEvents(pool, other.poolId)).toEqual(["created", "not-ready", "ready"]);
    await other.age(21);
    await Promise.all([refreshPoolStatuses(other.ctx), refreshPoolStatuses(other.ctx)]);
    await refreshPoolStatuses(other.ctx);
    expect(await poolEvents(pool, other.poolId)).toEqual([
      ...["created", "not-ready", "ready", "not-ready"],
    ]);
    await other.database.drop();
  });

  test("comes back where an agent is heard again without a hello", async () => {
    const other = await LeaseWorld.create();
    const { pool } = other.database;
    await other.hello();
    await other.age(31);
    await refreshPoolStatuses(other.ctx);
    await pool.query("update sluice.agent set last_seen_at = clock_timestamp()");
    await refreshPoolStatuses(other.ctx);
    await refreshPoolStatuses(other.ctx);
    expect((await poolEvents(pool, other.poolId)).slice(2)).toEqual([
      "ready",
      "not-ready",
      "ready",
    ]);
    await other.database.drop();
  });

  test("follows nothing after ten minutes of quiet", async () => {
    const other = await LeaseWorld.create();
    const { pool } = other.database;
    await pool.query(
      "update sluice.work_pool set last_transitioned_status_at = clock_timestamp() - interval '10 minutes'",
    );
    await other.hello();
    expect((await eventsOf(pool, other.poolId)).at(-1)).toMatchObject({
      event: "prefect.work-pool.ready",
      follows: null,
    });
    await other.database.drop();
  });

  test("of a pool of old agents is never told", async () => {
    const id = await createWorkPool(world.ctx, {
      name: "old",
      type: "prefect-agent",
      description: "",
      baseJobTemplate: "{}",
      isPaused: false,
      concurrencyLimit: null,
    });
    await updateWorkPool(world.ctx, "old", { isPaused: true });
    await refreshPoolStatuses(world.ctx);
    expect(await poolEvents(world.database.pool, id)).toEqual(["created"]);
  });

  test("of a push or managed pool is NOT_READY until somebody serves it", async () => {
    for (const type of ["cloud-run:push", "other:managed"]) {
      const id = await createWorkPool(world.ctx, {
        name: type,
        type,
        description: "",
        baseJobTemplate: "{}",
        isPaused: true,
        concurrencyLimit: null,
      });
      await updateWorkPool(world.ctx, type, { isPaused: false });
      await refreshPoolStatuses(world.ctx);
      expect(await poolEvents(world.database.pool, id)).toEqual(["created", "paused", "not-ready"]);
    }
  });
});

test("what comes and goes tells of the default queue and the block of the results", async () => {
  const blockId = newId();
  const storage = {
    bundleUploadStep: null,
    bundleExecutionStep: { step: { bucket: "b" } },
    defaultResultStorageBlockId: blockId,
  };
  const id = await createWorkPool(world.ctx, {
    name: "stored",
    type: "process",
    description: "",
    isPaused: false,
    concurrencyLimit: null,
    storage,
  });
  await deleteWorkPool(world.ctx, "stored");
  const events = await eventsOf(world.database.pool, id);
  expect(events.map(({ event }) => event)).toEqual([
    "prefect.work-pool.created",
    "prefect.work-pool.not-ready",
    "prefect.work-pool.deleted",
  ]);
  for (const event of [events[0], events[2]]) {
    expect(event).toMatchObject({
      resource: { "prefect.resource.name": "stored", "prefect.work-pool.type": "process" },
      related: [
        {
          "prefect.resource.id": expect.stringMatching(/^prefect\.work-queue\./),
          "prefect.resource.role": "default-queue",
          "prefect.resource.name": "default",
        },
        {
          "prefect.resource.id": `prefect.block-document.${blockId}`,
          "prefect.resource.role": "result-storage",
        },
      ],
    });
  }
});
